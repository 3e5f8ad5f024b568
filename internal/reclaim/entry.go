package reclaim

import (
	"errors"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
)

// Index is the content of an index entry, or why there is none. Take Digest and
// Layers from [bkcache.ParseIndex]; nothing else of it is needed here.
type Index struct {
	Digest string
	Layers []bkcache.Layer
	Err    error // why it could not be read; Digest and Layers then mean nothing
}

// errNotRead stands for the indexes that were not given.
var errNotRead = errors.New("its ref cannot be read from here")
