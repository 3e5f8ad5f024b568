// Package properties holds cacheopts against generated entries, and against the
// code of buildx and BuildKit. It is a package of its own, because who imports a
// package downloads the modules of its tests as well.
package properties
