package reclaim

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
)

func TestGains(t *testing.T) {
	b := &builder{world: world{refs: bkcache.Refs{
		Default: mainRef, Bases: map[string]string{pull1: mainRef}, Closed: map[string]string{pull2: "closed"},
	}}}
	base := b.layer("base", mainRef, 9*day)
	gone := b.layer("gone", mainRef, 9*day)
	orphan := b.layer("orphan", mainRef, 9*day)
	b.index("app", mainRef, 1, 9*day, base, gone)
	b.index("app", mainRef, 2, 4*day, base)
	b.index("app", mainRef, 3, 3*day, base)
	b.index("web", mainRef, 1, 3*day, base)
	b.layer("closed", pull2, 4*day)
	b.index("app", pull2, 1, 4*day).read = false
	b.layer("late", pull1, 4*day)
	b.index("app", pull1, 1, 2*day).read = false
	plan := NewPlan(b.analyze(), Policy{Runs: bkcache.Runs{Asked: now}}, now)

	const index = 500
	want := []Gain{
		{ProvenKnown: true, LikelyKnown: true, Proven: index, Likely: sizeOf(gone)},   // app on main, where orphans are of no scope
		{ProvenKnown: true, LikelyKnown: true, Likely: sizeOf(sum("late"))},           // app on pull1, the only cache there
		{ProvenKnown: true, LikelyKnown: true, Proven: index + sizeOf(sum("closed"))}, // app on pull2, likewise
		{ProvenKnown: true, LikelyKnown: true},                                        // web on main
	}
	if diff := cmp.Diff(want, plan.Gains()); diff != "" {
		t.Error(diff, orphan)
	}
}

func TestGainsAreWhatThePlanDeletes(t *testing.T) {
	unknown := 0
	rapid.Check(t, func(t *rapid.T) {
		w := worlds().Draw(t, "world")
		a := w.analyze()
		plan := NewPlan(a, Policy{Runs: bkcache.Runs{Asked: now}}, now.Add(2*time.Hour))
		deleted, caches := map[string]Gain{}, map[string]int{}
		for v := range plan.Deletions() {
			g := deleted[v.Ref]
			g.add(v)
			deleted[v.Ref] = g
		}
		for _, c := range a.Caches {
			caches[c.Ref]++
		}
		for i, g := range plan.Gains() {
			c, all := a.Caches[i], deleted[a.Caches[i].Ref]
			switch {
			case caches[c.Ref] == 1 && (g.Proven != all.Proven || g.Likely != all.Likely || !g.ProvenKnown || !g.LikelyKnown):
				t.Fatalf("%q alone on %s gains %+v of %+v", c.Scope, c.Ref, g, all)
			case g.Proven > all.Proven, g.Likely > all.Likely, c.Err == nil && !(g.ProvenKnown && g.LikelyKnown):
				t.Fatalf("%q on %s gains %+v of %+v", c.Scope, c.Ref, g, all)
			case !g.ProvenKnown, !g.LikelyKnown:
				unknown++
			}
		}
	})
	if unknown == 0 && !testing.Short() {
		t.Error("the gain of every cache was known")
	}
}
