package reclaim

import (
	"cmp"
	"iter"
	"slices"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
)

// CurrentVersions is how many versions of an index are not superseded.
const CurrentVersions = 2

// index is a version of a cache's index.
type index struct {
	Index
	item    int32
	cache   int32   // the cache it is a version of, in the order of caches
	version int32   // 0 is the head
	sees    []int32 // refs whose blobs it could name, in look-up order; nil: any
	readers []int32 // further refs from which a job that reads it could fetch
	genuine bool    // the key was made for the ref it lies on
	closed  bool
	dead    bool // no layer is left of any version of the cache that counts
}

func (x *index) current() bool { return x.version < CurrentVersions || !x.genuine }

// position returns where ref stands in the look-up order of x, or -1.
func (x *index) position(ref int32) int {
	if x.sees == nil {
		return 0
	}
	return slices.Index(x.sees, ref)
}

// graph knows which blobs the indexes name.
type graph struct {
	reach      *reach
	ref        []int32            // by item
	layers     map[string][]int32 // digest to the items that hold it, in their order
	signatures map[string][]int32 // digest of the signed index, likewise
	indexes    []index            // cache by cache, heads first
}

func newGraph(items []Item, contents map[int64]Index, refs bkcache.Refs) *graph {
	g := &graph{
		reach:      newReach(refs, items),
		ref:        make([]int32, len(items)),
		layers:     make(map[string][]int32, len(items)),
		signatures: map[string][]int32{},
	}
	for i := range items {
		item := &items[i]
		g.ref[i] = g.reach.id(item.Ref)
		switch item.Key.Kind {
		case bkcache.KindLayer:
			g.layers[item.Key.Digest] = append(g.layers[item.Key.Digest], int32(i))
		case bkcache.KindSignature:
			g.signatures[item.Key.Digest] = append(g.signatures[item.Key.Digest], int32(i))
		case bkcache.KindIndex:
			g.indexes = append(g.indexes, g.newIndex(i, item, contents))
		}
	}
	readers := map[int32][]int32{}
	for i := range g.indexes {
		x := &g.indexes[i]
		if ref := g.ref[x.item]; x.sees != nil {
			if _, done := readers[ref]; !done {
				readers[ref] = g.reach.readers(ref)
			}
			x.readers = readers[ref]
		}
	}
	g.order(items)
	return g
}

func (g *graph) newIndex(i int, item *Item, contents map[int64]Index) index {
	ref := g.ref[i]
	x := index{
		item:    int32(i),
		genuine: item.Key.MatchesRef(item.Ref),
		closed:  g.reach.closed[ref],
	}
	// Who wrote a key for another ref saw that ref, too: nobody knows which it is.
	if x.genuine {
		x.sees = g.reach.visible[ref]
	}
	content, ok := contents[item.ID]
	switch {
	case !ok:
		x.Err = errNotRead
	case content.Err != nil:
		x.Err = content.Err // whatever else was read of it
	default:
		x.Index = content
	}
	return x
}

// order sorts the indexes by cache and numbers caches and versions.
func (g *graph) order(items []Item) {
	slices.SortFunc(g.indexes, func(a, b index) int {
		return compareVersions(&items[a.item], &items[b.item])
	})
	for i := range g.indexes[min(1, len(g.indexes)):] {
		before, x := &g.indexes[i], &g.indexes[i+1]
		x.cache, x.version = before.cache, before.version+1
		if compareCaches(&items[before.item], &items[x.item]) != 0 {
			x.cache, x.version = before.cache+1, 0
		}
	}
}

// Versions returns the version of each index among the entries, by ID. 0 is the newest one of its cache.
func Versions(entries []bkcache.Entry) map[int64]int {
	var indexes []Item
	for _, e := range entries {
		if key := bkcache.ParseKey(e.Key, e.Version); key.Kind == bkcache.KindIndex {
			indexes = append(indexes, Item{Entry: e, Key: key})
		}
	}
	slices.SortFunc(indexes, func(a, b Item) int { return compareVersions(&a, &b) })
	versions := make(map[int64]int, len(indexes))
	for i := range indexes {
		if i > 0 && compareCaches(&indexes[i-1], &indexes[i]) == 0 {
			versions[indexes[i].ID] = versions[indexes[i-1].ID] + 1
		} else {
			versions[indexes[i].ID] = 0
		}
	}
	return versions
}

// caches yields the indexes of each cache, heads first.
func (g *graph) caches() iter.Seq[[]index] {
	return func(yield func([]index) bool) {
		for rest := g.indexes; len(rest) > 0; {
			n := 1
			for n < len(rest) && rest[n].cache == rest[0].cache {
				n++
			}
			if !yield(rest[:n:n]) {
				return
			}
			rest = rest[n:]
		}
	}
}

// compareVersions orders index items by cache, the newest version first.
func compareVersions(a, b *Item) int {
	return cmp.Or(compareCaches(a, b), b.Created.Compare(a.Created), cmp.Compare(b.ID, a.ID))
}

// compareCaches orders index items by the cache that they are versions of.
func compareCaches(a, b *Item) int {
	if c := cmp.Or(cmp.Compare(a.Key.Scope, b.Key.Scope), cmp.Compare(a.Ref, b.Ref), cmp.Compare(a.Key.RefHash, b.Key.RefHash)); c != 0 {
		return c
	}
	switch {
	case a.Key.Signed == b.Key.Signed:
		return 0
	case b.Key.Signed:
		return -1
	default:
		return 1
	}
}

// references yields the items that x references: every copy of each blob on a ref that it sees
// or, where there is none any more, every copy that a job which reads x can fetch. It
// yields nothing where x was not read.
func (g *graph) references(x *index) iter.Seq[int32] {
	return func(yield func(int32) bool) {
		for _, l := range x.Layers {
			if !g.copies(x, g.layers[l.Digest], yield) {
				return
			}
		}
		g.copies(x, g.signatures[x.Digest], yield)
	}
}

// copies yields those of the items that stand for a blob of x, all of which hold the same.
func (g *graph) copies(x *index, items []int32, yield func(int32) bool) bool {
	seen := false
	for _, i := range items {
		if x.position(g.ref[i]) < 0 {
			continue
		}
		if seen = true; !yield(i) {
			return false
		}
	}
	for _, i := range items {
		if !seen && slices.Contains(x.readers, g.ref[i]) && !yield(i) {
			return false
		}
	}
	return true
}

// resolve returns the item that BuildKit would fetch for a layer of x on its ref, or
// -1. Among copies on one ref, which do not occur on GitHub, the newest counts.
func (g *graph) resolve(x *index, digest string) int32 {
	best, bestPosition := int32(-1), -1
	for _, i := range g.layers[digest] {
		if p := x.position(g.ref[i]); p >= 0 && (best < 0 || p <= bestPosition) {
			best, bestPosition = i, p
		}
	}
	return best
}
