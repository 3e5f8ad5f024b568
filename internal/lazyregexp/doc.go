// Package lazyregexp compiles a regular expression when it is first needed. A package
// compiles those of its variables each time that the program starts, though docker
// starts a plugin to ask for its name, and a build reads no workflow files.
package lazyregexp
