// Package mounting restores the cache mounts of a build before it and saves them after
// it, for --gha-mounts. Package mounts knows how: this one says what a build wants, and
// what came of it. What fails about mounts is a warning, and the build goes on.
package mounting
