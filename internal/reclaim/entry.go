package reclaim

import (
	"errors"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
)

// Entry is a cache entry as GitHub lists it. Its ID identifies it: one key on two
// refs makes two entries.
type Entry struct {
	ID      int64
	Key     string
	Version string
	Ref     string // refs/heads/main, refs/pull/1/merge
	Size    int64  // bytes
	Created time.Time
	Used    time.Time // last access; reading an index is one
}

// Index is the content of an index entry, or why there is none. Take Digest and
// Layers from [bkcache.ParseIndex]; nothing else of it is needed here.
type Index struct {
	Digest string
	Layers []bkcache.Layer
	Err    error // why it could not be read; Digest and Layers then mean nothing
}

// errNotRead stands for the indexes that were not given.
var errNotRead = errors.New("its ref cannot be read from here")

// Refs is what is known about a repository's refs.
type Refs struct {
	// Default is the default branch, as refs/heads/NAME. Where it is empty, every
	// index could name every blob.
	Default string
	// Closed holds merge refs of closed pull requests and deleted branches and
	// tags, each with the reason in words. The default branch and the bases of
	// open pull requests count as open all the same.
	Closed map[string]string
	// Bases holds the base ref of pull requests by merge ref: of all open ones, and
	// of closed ones as far as known.
	Bases map[string]string
}
