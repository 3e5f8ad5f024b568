// Package bkcache has the formats in which BuildKit uses the GitHub Actions
// cache: the grammar of its keys and the JSON of its indexes. Every command
// that lists, reads, copies or deletes entries uses it.
//
// It does no I/O. Parsing a key never fails and allocates nothing: other tools'
// keys have [KindOther]. Parsing an index accepts what BuildKit would import,
// and rejects everything else, so that a damaged index never looks like one
// that references few layers.
//
// The facts come from BuildKit v0.33 (cache/remotecache/gha/gha.go and
// cache/remotecache/v1) and from tonistiigi/go-actions-cache (cache.go).
package bkcache
