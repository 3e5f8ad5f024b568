// Package rosetta stands in for github.com/tonistiigi/go-rosetta, which tells
// whether a program runs under Apple's translation layer.
package rosetta

// Enabled reports that it does not.
func Enabled() bool { return false }
