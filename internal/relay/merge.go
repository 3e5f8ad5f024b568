package relay

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
)

// elsewhere begins to read the last indexes that the scope of an index has on the other refs that the token reads. The
// function that it returns waits for them.
//
// Clients get each index merged with those. BuildKit reads the index of every ref, but of a key that two of them have it
// keeps the one that answers first (combinedCacheManager.Query), and by that it rarely finds what only the other index has
// below the key. So a pull request that changed an early step would run it again with every push. If both have the same
// content, either will do.
func (r *Relay) elsewhere(ctx context.Context, n name) (wait func() [][]byte) {
	ctx, stop := r.patiently(ctx)
	key := bkcache.ParseKey(n.key, n.version)
	indexes := make([][]byte, len(r.refs))
	var reading sync.WaitGroup
	for i, a := range r.refs {
		if key.Signed || a.NoRead || key.MatchesRef(a.Ref) { // a merged index has no signature
			continue
		}
		reading.Go(func() {
			indexes[i] = r.lastIndex(ctx, key.Scope, a.Ref)
		})
	}
	return func() [][]byte {
		defer stop()
		reading.Wait()
		return slices.DeleteFunc(indexes, func(data []byte) bool { return data == nil })
	}
}

// patiently limits the reading of indexes, without which builds go on.
func (r *Relay) patiently(ctx context.Context) (context.Context, context.CancelFunc) {
	patience := min(callPatience, r.opts.Timeout)
	return context.WithTimeoutCause(ctx, patience, fmt.Errorf("it takes more than %s", patience))
}

// merge returns own alone if it cannot be merged.
func (r *Relay) merge(own []byte, others [][]byte) []byte {
	if len(others) == 0 {
		return own
	}
	merged, err := bkcache.Merge(append(others, own)...)
	if err != nil {
		r.logf("%v", err)
		return own
	}
	return merged
}
