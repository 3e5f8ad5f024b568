package doctor

import (
	"cmp"
	"slices"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/listing"
	"github.com/docker-ghacache/docker-ghacache/internal/reclaim"
)

// turns is how many versions of an index show that two builds take turns.
const turns = 3

// shared reports whether two builds take turns in writing a cache, as the last three
// versions of its index show. The newest has a layer of the oldest, which the one between
// them lacks. That alone may be a change that was taken back, whose layers were new. So the
// version between them must have a layer that the two others lack, and that was there
// before the oldest was written: an earlier build of its kind stored it.
//
// Rebuilding after a change brings nothing back. When the versions were written tells
// nothing: one build may follow another at once.
func shared(s *listing.Snapshot, c *reclaim.Cache) bool {
	var versions []*reclaim.Item
	stored := map[string]time.Time{}
	for i := range s.Items {
		item := &s.Items[i]
		switch key := item.Key; {
		case item.Ref != c.Ref: // a layer of another ref may be of any build
		case key.Kind == bkcache.KindIndex && key.Scope == c.Scope && key.Signed == c.Signed:
			versions = append(versions, item)
		case key.Kind == bkcache.KindLayer:
			stored[key.Digest] = item.Created
		}
	}
	if len(versions) < turns {
		return false
	}
	slices.SortFunc(versions, func(a, b *reclaim.Item) int {
		return cmp.Or(b.Created.Compare(a.Created), cmp.Compare(b.ID, a.ID))
	})
	var has [turns]map[string]bool
	for n := range has {
		if has[n] = layersOf(s, versions[n]); has[n] == nil {
			return false
		}
	}
	newest, between, oldest := has[0], has[1], has[2]
	returned, kept := false, false
	for digest := range newest {
		returned = returned || oldest[digest] && !between[digest]
	}
	for digest := range between {
		at, ok := stored[digest]
		kept = kept || ok && at.Before(versions[2].Created) && !newest[digest] && !oldest[digest]
	}
	return returned && kept
}

// layersOf returns the digests of the layers that an index names, nil if it was not read.
func layersOf(s *listing.Snapshot, item *reclaim.Item) map[string]bool {
	x, ok := s.Indexes[item.ID]
	if !ok || x.Err != nil || x.Index == nil {
		return nil
	}
	digests := make(map[string]bool, len(x.Layers))
	for _, l := range x.Layers {
		digests[l.Digest] = true
	}
	return digests
}
