// Package scan walks the formats in which a repository describes its builds
// (workflows, actions, bake and compose files, scripts, Makefiles, justfiles
// and Dockerfiles) and lists their content.
//
// [Read] returns a [Page]: words, cache entries, variables, steps and actions.
// Each is a text that knows its bytes. Expressions and variables are resolved
// to all their possible values, so one place in a file may give several words.
// If a value cannot be resolved, the text stays as it is written.
//
// A page is plain data for the rules. This package judges nothing.
package scan
