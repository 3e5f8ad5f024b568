// Package relaying puts a relay between BuildKit and the cache service for one build: it
// finds out whether one helps, starts it at an address that the builder reaches, sends
// the completed entries through it, and counts what it did.
//
// Whether a builder reaches this machine is asked of its nodes, and remembered for an
// hour. Package buildrun decides what to say, and whether a build without a relay is an
// error.
package relaying
