// Package scan walks the formats in which a repository describes its builds
// (workflows, actions, bake and compose files, scripts, Makefiles, justfiles and
// Dockerfiles) and lists what stands in them.
//
// [Read] returns a [Page]: words, cache entries, variables, steps and actions, each
// as a text with the way back to its bytes. Expressions and variables are resolved
// to what they can come to, so one place in a file may give several words. What
// cannot be resolved stays as it is written.
//
// A page is plain data for the rules. Nothing here judges what it finds.
package scan
