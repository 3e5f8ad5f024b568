package reclaim

import (
	"slices"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
)

// markDead finds the caches of which no layer is left, so that a build gets nothing of
// them. One that was not read is such if no blob is left that it could name. All versions
// count: what a plan deletes of a cache must not bring the rest of it to life.
func (a *Analysis) markDead() {
	blobs := make([]int, len(a.graph.reach.ids))
	for i := range a.Items {
		if a.Items[i].Key.Kind.Blob() {
			blobs[a.graph.ref[i]]++
		}
	}
	for indexes := range a.graph.caches() {
		if slices.ContainsFunc(indexes, func(x index) bool { return a.mayServe(&x, blobs) }) {
			continue
		}
		for i := range indexes {
			indexes[i].dead = indexes[i].current()
		}
	}
}

// mayServe reports whether a build might get a layer of x. An export of nothing writes an
// index without layers. As the head, that is as it should be.
func (a *Analysis) mayServe(x *index, blobs []int) bool {
	if !x.genuine || x.Err == nil && len(x.Layers) == 0 && x.version == 0 {
		return true
	}
	if x.Err == nil {
		for i := range a.graph.references(x) {
			if a.Items[i].Key.Kind == bkcache.KindLayer {
				return true
			}
		}
		return false
	}
	return x.sees == nil || slices.ContainsFunc(slices.Concat(x.sees, x.readers), func(ref int32) bool { return blobs[ref] > 0 })
}
