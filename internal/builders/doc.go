// Package builders stands between this program and buildx: it says what buildx
// would build on, judges whether that can use type=gha caches, and runs buildx.
//
// It promises its callers in plugin that nothing is booted to find out
// ([Resolve]), and that judging is pure ([Builder.Check]).
package builders
