package reclaim

import "github.com/docker-ghacache/docker-ghacache/internal/bkcache"

// Gain is what a plan frees, in bytes.
type Gain struct {
	Proven, Likely int64
	// If one of these is false, layers that go could belong to this cache or to another one
	// of its ref, and the number means nothing.
	ProvenKnown, LikelyKnown bool
}

func (g *Gain) add(v *Verdict) {
	switch {
	case v.Decision != Delete:
	case v.Class == Likely:
		g.Likely += v.Size
	default:
		g.Proven += v.Size
	}
}

// Gains returns what the plan frees of each cache, in the order of [Analysis].Caches: the
// versions of its index, and the blobs on its ref that those reference which were read. A
// blob counts for each cache that references it. For a cache that is the only one on its
// ref all counts that goes there, because no other ref's build writes there.
func (p *Plan) Gains() []Gain {
	all, orphans := p.gainsOfRefs()
	caches := make([]int, len(p.graph.reach.ids))
	for indexes := range p.graph.caches() {
		caches[p.graph.ref[indexes[0].item]]++
	}
	var gains []Gain
	for indexes := range p.graph.caches() {
		ref := p.graph.ref[indexes[0].item]
		g := all[ref]
		if caches[ref] > 1 {
			g = p.gain(indexes, ref)
			g.ProvenKnown = indexes[0].Err == nil || orphans[ref].Proven == 0
			g.LikelyKnown = indexes[0].Err == nil || orphans[ref].Likely == 0
		}
		gains = append(gains, g)
	}
	return gains
}

// gainsOfRefs returns, by ref, what the plan frees there, and how much of that are blobs
// that no index references which was read.
func (p *Plan) gainsOfRefs() (all, orphans []Gain) {
	holds := p.graph.hold(func(x *index) bool { return x.Err == nil })
	all, orphans = make([]Gain, len(p.graph.reach.ids)), make([]Gain, len(p.graph.reach.ids))
	for i := range p.Verdicts {
		v, ref := &p.Verdicts[i], p.graph.ref[i]
		all[ref].ProvenKnown, all[ref].LikelyKnown = true, true
		switch v.Key.Kind {
		case bkcache.KindOther:
			continue
		case bkcache.KindLayer, bkcache.KindSignature:
			if holds.of(int32(i)) != referenced {
				orphans[ref].add(v)
			}
		}
		all[ref].add(v)
	}
	return all, orphans
}

func (p *Plan) gain(indexes []index, ref int32) (g Gain) {
	seen := map[int32]bool{}
	for n := range indexes {
		g.add(&p.Verdicts[indexes[n].item])
		for i := range p.graph.references(&indexes[n]) {
			if p.graph.ref[i] == ref && !seen[i] {
				seen[i] = true
				g.add(&p.Verdicts[i])
			}
		}
	}
	return g
}
