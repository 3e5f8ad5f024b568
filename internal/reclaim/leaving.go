package reclaim

import (
	"slices"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
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

// needs returns what tells whether one of the indexes of a look that in admits needs a
// blob that the plan deletes, as far as the plan counts it.
func (p *Plan) needs(look *Analysis, in func(*index) bool) func(item int32, v *Verdict) bool {
	if p.leaves != nil {
		look = look.leaving(p.leaves)
	}
	holds, unread := look.graph.hold(in), look.exports(in)
	return func(item int32, v *Verdict) bool {
		switch holds.of(item) {
		case referenced:
			return true
		case unknown:
			return v.Doubt != IndexUnread || unread.mayReference(item)
		}
		return false
	}
}

// keepWithLayers keeps indexes of which the layers have to stay, so that a cache does not
// go for nothing, and makes others no surer than their layers. It concerns whole refs that
// others read. It reports whether a verdict changed from a deletion.
func (p *planner) keepWithLayers() (changed bool) {
	if p.policy.Ref == nil || p.policy.leaves() == nil {
		return false
	}
	stays, doubts := make([]bool, len(p.graph.reach.ids)), make([]bool, len(p.graph.reach.ids))
	for i := range p.verdicts {
		if v := &p.verdicts[i]; p.Items[i].Key.Kind == bkcache.KindLayer {
			stays[p.graph.ref[i]] = stays[p.graph.ref[i]] || v.Decision == Unclear
			doubts[p.graph.ref[i]] = doubts[p.graph.ref[i]] || v.Doubt == IndexUnread
		}
	}
	for i := range p.graph.indexes {
		x := &p.graph.indexes[i]
		v := &p.verdicts[x.item]
		if v.Decision != Delete {
			continue
		}
		stay, doubt := stays[p.graph.ref[x.item]], doubts[p.graph.ref[x.item]]
		if x.Err == nil {
			stay, doubt = p.layersStay(x)
		}
		if stay {
			*v, changed = Verdict{Item: v.Item, Decision: Unclear, Reason: LayersStay}, true
		} else if doubt {
			v.Class, v.Doubt = Likely, IndexUnread
		}
	}
	return changed
}

// layersStay reports whether it is not known of a layer that x names whether it may go, and
// whether one goes because that is likely.
func (p *planner) layersStay(x *index) (stay, doubt bool) {
	for i := range p.graph.references(x) {
		stay = stay || p.verdicts[i].Decision == Unclear
		doubt = doubt || p.verdicts[i].Doubt == IndexUnread
	}
	return stay, doubt
}
