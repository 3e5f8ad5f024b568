package reclaim

import (
	"slices"

	"github.com/docker-ghacache/docker-ghacache/internal/github"
)

// leaving returns a as it counts when everything on the refs goes that admits names.
// Jobs on a ref that no other job reads lose their cache, as they shall. So what an index
// of another ref could reference there protects nothing. A ref that others read, such as
// the default branch, is not leaving.
func (a *Analysis) leaving(admits func(ref string) bool) *Analysis {
	leaves := make([]bool, len(a.graph.reach.ids))
	for ref, id := range a.graph.reach.ids {
		leaves[id] = admits(ref) && a.graph.reach.private(ref, admits)
	}
	if !slices.Contains(leaves, true) {
		return a
	}
	graph := *a.graph
	graph.indexes = slices.Clone(graph.indexes)
	for i := range graph.indexes {
		x := &graph.indexes[i]
		x.readers = slices.DeleteFunc(slices.Clone(x.readers), func(reader int32) bool { return leaves[reader] })
	}
	left := *a
	left.graph = &graph
	return &left
}

// private reports whether no job reads ref but those on refs that leaving admits.
func (r *reach) private(ref string, leaving func(string) bool) bool {
	if _, pull := github.PullNumber(ref); pull {
		return true // a base is a branch
	}
	if r.refs.Default == "" || ref == r.refs.Default || !placed(ref) || r.bases[ref] {
		return false
	}
	for other, id := range r.ids {
		if other == ref || r.closed[id] || leaving(other) {
			continue
		}
		if r.visible[id] == nil || slices.Contains(r.visible[id], r.ids[ref]) {
			return false
		}
	}
	return true
}

// needs returns what tells whether an index of a fresh look needs a blob that the plan
// deletes, as far as the plan counts it.
func (p *Plan) needs(fresh *Analysis) func(item int32, v *Verdict) bool {
	if p.leaves != nil {
		fresh = fresh.leaving(p.leaves)
	}
	every := func(*index) bool { return true }
	holds, unread := fresh.graph.hold(every), fresh.exports(every)
	return func(item int32, v *Verdict) bool {
		switch holds.of(item) {
		case named:
			return true
		case unknown:
			return v.Doubt != IndexUnread || unread.mayReference(item)
		}
		return false
	}
}
