package reclaim

import (
	"cmp"
	"slices"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
)

// State is what an entry is now. A plan of the zero [Policy] deletes what is
// superseded or unreferenced, unless it is young.
type State string

// The states of BuildKit's entries. Those of other tools have the empty state.
const (
	// Live: an index that a job could still read is one of the newest two, or names the blob.
	Live State = "live"
	// Superseded: an older version of an index or a saved mount, or a blob that only such could name.
	Superseded State = "superseded"
	// Unreferenced: nobody needs it, or it is the index of a cache of which no layer is left.
	Unreferenced State = "unreferenced"
	// Closed: it lies on the ref of a closed pull request, or of a deleted branch or tag,
	// and no index on another ref needs it.
	Closed State = "closed"
	// Unknown: an index that was not read could name the blob, or the index's key
	// was made for another ref.
	Unknown State = "unknown"
)

// Item is an entry and what the analysis found.
type Item struct {
	bkcache.Entry
	Key   bkcache.Key
	State State
	// Scope is the scope of an index, or the one whose current indexes name the
	// blob; empty where none was read that does.
	Scope string
	// Shared tells that current indexes of several scopes name the blob.
	Shared bool
	// Digest is that of a blob, or of an index that was read; else empty. For a signature it
	// is the digest of the index that it signs.
	Digest string

	owner  int32    // the first cache that names the blob, plus 1
	shared bool     // by several caches, whatever their scopes
	scopes []string // if Shared, sorted
}

// Scopes returns the scope of an index, or those whose current indexes name the blob, as
// far as they were read.
func (i *Item) Scopes() []string {
	switch {
	case i.Shared:
		return i.scopes
	case i.owner > 0, i.Key.Kind == bkcache.KindIndex:
		return []string{i.Scope}
	}
	return nil
}

// Analysis is a listing held against its indexes. It does not change.
type Analysis struct {
	Items  []Item  // by ID
	Caches []Cache // by scope and ref
	graph  *graph
	mounts map[mountOf]*Item // the newest entry of each saved mount
}

// Analyze examines a complete listing in any order; of entries with the same ID one
// counts. Indexes that are not in the map by entry ID were not read.
func Analyze(entries []bkcache.Entry, indexes map[int64]Index, refs bkcache.Refs) *Analysis {
	a := &Analysis{Items: make([]Item, len(entries))}
	for i, e := range entries {
		key := bkcache.ParseKey(e.Key, e.Version)
		a.Items[i] = Item{Entry: e, Key: key, Digest: key.Digest}
	}
	slices.SortFunc(a.Items, func(x, y Item) int { return cmp.Compare(x.ID, y.ID) })
	a.Items = slices.CompactFunc(a.Items, func(x, y Item) bool { return x.ID == y.ID })
	a.graph = newGraph(a.Items, indexes, refs)
	a.markDead()
	a.judge()
	a.judgeMounts()
	a.attribute()
	a.summarize()
	return a
}

// judge sets the states.
func (a *Analysis) judge() {
	live := a.graph.hold(func(x *index) bool { return x.state() == Live || x.state() == Unknown })
	stale := a.graph.hold(func(x *index) bool { return x.state() == Superseded })
	for i := range a.Items {
		if item := &a.Items[i]; item.Key.Kind.Blob() {
			item.State = blobState(live.of(int32(i)), stale.of(int32(i)), a.graph.reach.closed[a.graph.ref[i]])
		}
	}
	for i := range a.graph.indexes {
		x := &a.graph.indexes[i]
		a.Items[x.item].State = x.state()
	}
}

func blobState(live, stale hold, closed bool) State {
	switch {
	case live == referenced:
		return Live
	case live == unknown:
		return Unknown
	case stale != unreferenced:
		return Superseded
	case closed:
		return Closed
	default:
		return Unreferenced
	}
}

func (x *index) state() State {
	switch {
	case !x.genuine:
		return Unknown
	case x.closed:
		return Closed
	case x.dead:
		return Unreferenced
	case !x.current():
		return Superseded
	default:
		return Live
	}
}

// attribute tells whose the blobs are.
func (a *Analysis) attribute() {
	for i := range a.graph.indexes {
		x := &a.graph.indexes[i]
		scope := a.Items[x.item].Key.Scope
		a.Items[x.item].Scope, a.Items[x.item].Digest = scope, x.Digest
		if !x.current() {
			continue
		}
		for i := range a.graph.references(x) {
			a.Items[i].claim(x.cache+1, scope)
		}
	}
}

func (i *Item) claim(cache int32, scope string) {
	switch {
	case i.owner == 0:
		i.owner, i.Scope = cache, scope
	case i.Shared:
		if at, found := slices.BinarySearch(i.scopes, scope); !found {
			i.scopes = slices.Insert(i.scopes, at, scope)
		}
	case i.Scope != scope:
		i.scopes = []string{i.Scope, scope}
		slices.Sort(i.scopes)
		i.shared, i.Shared, i.Scope = true, true, ""
	case i.owner != cache:
		i.shared = true
	}
}
