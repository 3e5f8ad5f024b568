// Package tags knows the version of a tag or a commit, for the actions of
// Docker builds. Its table was written with the program, and it opens no
// connection.
package tags
