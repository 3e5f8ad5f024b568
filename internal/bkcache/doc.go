// Package bkcache knows what BuildKit keeps in the GitHub Actions cache: the
// grammar of its keys and the JSON of its indexes. It serves every command that
// lists, reads, copies or deletes entries.
//
// It does no I/O. Parsing a key never fails and allocates nothing: what is not
// BuildKit's has [KindOther]. Parsing an index accepts what BuildKit would
// import and rejects everything else, so that nobody takes a damaged index for
// one that names few layers.
//
// The facts come from BuildKit v0.33 (cache/remotecache/gha/gha.go and
// cache/remotecache/v1) and from tonistiigi/go-actions-cache (cache.go).
package bkcache
