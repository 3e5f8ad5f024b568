package reclaim

import (
	"slices"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
)

const (
	// longestExport is how long before its index an export may have begun: GitHub ends a
	// job on its runners after six hours.
	longestExport = 6 * time.Hour
	// clockSkew is by how much the times of two entries may be wrong against each other.
	clockSkew = time.Minute
)

// exports knows when the indexes of a set were written that were not read.
//
// BuildKit looks up or uploads every layer that an index references, and then writes the
// index (Finalize in cache/remotecache/gha). So an index references no blob that was last
// used before its export began, and none that was created after it ended. A blob that
// nobody used since it was created was uploaded by an export of its own ref, and is in no
// index of another one.
//
// This is likely and not proven. With the attributes repository and ghtoken an export
// learns from a listing what is there, which uses nothing. And a blob may have been
// evicted and uploaded again.
type exports struct {
	graph *graph
	items []Item
	seen  [][]time.Time // by ref: of the indexes that could see it, sorted
	own   [][]time.Time // by ref: of the indexes on it, sorted
	all   []time.Time   // of the indexes that could see every ref, sorted
}

// exports returns the exports of the unread indexes that in admits.
func (a *Analysis) exports(in func(*index) bool) *exports {
	refs := len(a.graph.reach.ids)
	e := &exports{graph: a.graph, items: a.Items, seen: make([][]time.Time, refs), own: make([][]time.Time, refs)}
	for i := range a.graph.indexes {
		if x := &a.graph.indexes[i]; x.Err != nil && in(x) {
			e.add(x, a.Items[x.item].Created)
		}
	}
	for _, lists := range [][][]time.Time{e.seen, e.own, {e.all}} {
		for _, times := range lists {
			slices.SortFunc(times, time.Time.Compare)
		}
	}
	return e
}

func (e *exports) add(x *index, written time.Time) {
	if x.sees == nil {
		e.all = append(e.all, written)
		return
	}
	for _, ref := range slices.Concat(x.sees, x.readers) {
		e.seen[ref] = append(e.seen[ref], written)
	}
	ref := e.graph.ref[x.item]
	e.own[ref] = append(e.own[ref], written)
}

// mayReference reports whether an index of the set was written at a time at which it may
// have come to reference the blob.
func (e *exports) mayReference(blob int32) bool {
	item := &e.items[blob]
	from, to := item.Created.Add(-clockSkew), later(item.Created, item.Used).Add(longestExport)
	if item.Key.Kind == bkcache.KindSignature {
		from = item.Created.Add(-longestExport) // it is uploaded after the index that it signs
	}
	seen := e.seen[e.graph.ref[blob]]
	if placed(item.Ref) && !item.Used.After(item.Created) {
		seen = e.own[e.graph.ref[blob]]
	}
	return anyWithin(seen, from, to) || anyWithin(e.all, from, to)
}

// anyWithin reports whether one of the sorted times lies between from and to, these included.
func anyWithin(times []time.Time, from, to time.Time) bool {
	i, _ := slices.BinarySearchFunc(times, from, time.Time.Compare)
	return i < len(times) && !times[i].After(to)
}
