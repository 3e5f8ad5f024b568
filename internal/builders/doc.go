// Package builders stands between this program and buildx: it says what buildx
// would build on, judges whether that can use type=gha caches, and runs buildx.
//
// It promises its callers in plugin that nothing is booted to find out
// ([Resolve]), that judging is pure ([Builder.Check]), and that a program run
// by it ([Run]) has the user's terminal, environment and signals. No other
// package starts processes.
package builders
