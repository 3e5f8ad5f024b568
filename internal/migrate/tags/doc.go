// Package tags knows which version of an action a tag or a commit is, for the
// actions of Docker builds. It answers from a table that was written when the
// program was, and opens no connection.
package tags
