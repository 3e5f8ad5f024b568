package bkcache

import "time"

// Entry is a cache entry in GitHub's listing, identified by its ID: one key on two
// refs makes two entries.
type Entry struct {
	ID      int64
	Key     string
	Version string
	Ref     string // in full: refs/heads/main, refs/pull/1/merge
	Size    int64  // bytes
	Created time.Time
	Used    time.Time // last access; reading an index is one
}

// Refs is what is known about a repository's refs.
type Refs struct {
	// Default is the default branch, as refs/heads/NAME; empty if unknown.
	Default string
	// Closed holds merge refs of closed pull requests and deleted branches and
	// tags, each with the reason in words. What is not in there may be open.
	Closed map[string]string
	// Bases holds the base ref of pull requests by merge ref: of all open ones, and
	// of closed ones as far as known.
	Bases map[string]string
}
