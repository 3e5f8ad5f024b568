// Package plugin is the command line of docker-ghacache: one file a verb, each
// with its options, its newXCommand and its runX, which runs without cobra. The
// other files are their frame: the tree (root), what commands take from the world
// (env), the flags that several share (flags), completion, and exit codes (failure).
// What a verb does, beside reading its flags, is in a package of internal.
//
// Only it and internal/builders use cobra: docker's CLI wants a command to look for plugins.
// Beside package main and the helper of internal/mounts, only it sees the standard streams
// and exit codes.
package plugin
