// Package plugin is the command line of docker-ghacache: one file a verb, each
// with its options, its newXCommand and its runX, which runs without cobra.
//
// It is the only user of cobra, and beside package main the only one that sees the
// standard streams, the clock and exit codes.
package plugin
