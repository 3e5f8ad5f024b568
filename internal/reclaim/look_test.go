package reclaim

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"pgregory.net/rapid"
)

// TestWhatBuildsNeedMeanwhileStays lets builds look blobs up and write indexes after the
// plan was made.
func TestWhatBuildsNeedMeanwhileStays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := worlds().Draw(t, "world")
		policy := policies().Draw(t, "policy")
		plan := NewPlan(w.analyze(), policy, now)
		late := *w
		b := &builder{world: late, id: 1000}
		b.entries, b.blobs, b.indexes = slices.Clone(w.entries), slices.Clone(w.blobs), slices.Clone(w.indexes)
		found := map[int64]bool{}
		for i := range b.entries {
			if e := &b.entries[i]; rapid.IntRange(0, 3).Draw(t, "found") == 0 {
				found[e.ID], e.Used = true, e.Used.Add(time.Second)
			}
		}
		for range rapid.IntRange(0, 2).Draw(t, "exports") {
			x := knownIndex{
				scope: rapid.SampledFrom(someScopes).Draw(t, "scope"), keyRef: rapid.SampledFrom(someRefs).Draw(t, "ref"),
				read: rapid.Bool().Draw(t, "read"), names: rapid.SliceOfN(rapid.SampledFrom(someLayers), 0, 4).Draw(t, "names"),
			}
			b.anyIndex(x, x.keyRef, "3", now, now)
		}
		s := &store{world: &b.world, gone: map[int64]bool{}, left: -1}
		if _, err := plan.Execute(t.Context(), s, still, nil); err != nil {
			t.Fatal(err)
		}
		if broken := b.leave(policy).broken(s.gone); len(broken) > 0 {
			t.Fatalf("after deleting %v these miss blobs: %+v", s.order, broken)
		}
		for _, blob := range w.blobs {
			if found[blob.ID] && s.gone[blob.ID] {
				t.Fatalf("%+v was looked up and went", blob)
			}
		}
	})
}

func TestEachBatchIsLookedAtAgain(t *testing.T) {
	b := &builder{world: world{refs: bkcache.Refs{Default: mainRef}}}
	var layers []string
	for i := range 2*parallel + 1 {
		layers = append(layers, b.layer(fmt.Sprint(i), mainRef, 9*day))
	}
	plan := NewPlan(b.analyze(), Policy{}, now)
	s := &store{world: &b.world, gone: map[int64]bool{}, left: -1}
	s.arrive = func(*world) {
		if s.glances == 3 {
			b.index("a", mainRef, 1, 0, layers[len(layers)-1])
		}
	}
	result, err := plan.Execute(t.Context(), s, still, nil)
	if err != nil || s.looks != 1 || s.glances != 4 || result.Deleted.Count != len(layers)-1 || result.Needed.Count != 1 {
		t.Errorf("%d looks, %d glances, %+v, %v", s.looks, s.glances, result, err)
	}
}

func TestWhatTheServiceDeniesToHaveIsDeletedOnceItIsNotListed(t *testing.T) {
	build := func() (*store, *Plan) {
		b := &builder{world: world{refs: bkcache.Refs{Default: mainRef}}}
		b.index("a", mainRef, 1, 9*day, b.layer("old", mainRef, 9*day)) // ids 2 and 1
		return &store{world: &b.world, gone: map[int64]bool{}, left: -1}, NewPlan(b.analyze(), Policy{All: true}, now)
	}
	t.Run("another program was faster", func(t *testing.T) {
		s, plan := build()
		s.gone[1], s.gone[2] = true, true
		if result, err := plan.Execute(t.Context(), s, still, nil); err != nil || result.Deleted.Count != 2 || s.looks != 2 {
			t.Errorf("%+v, %v", result, err)
		}
	})
	t.Run("the token may not see it", func(t *testing.T) {
		s, plan := build()
		s.hidden = map[int64]bool{1: true, 2: true}
		result, err := plan.Execute(t.Context(), s, still, nil)
		if err != nil || result.Failed.Count != 1 || result.Held.Count != 1 || !errors.Is(result.Failures[0].Err, fs.ErrNotExist) {
			t.Errorf("%+v, %v", result, err)
		}
	})
	t.Run("it cannot be told", func(t *testing.T) {
		s, plan := build()
		s.hidden = map[int64]bool{2: true}
		ctx, cancel := context.WithCancelCause(t.Context())
		s.looking = func() { cancel(errDenied) }
		if result, err := plan.Execute(ctx, s, still, nil); !errors.Is(err, errDenied) || result.Skipped.Count != 2 {
			t.Errorf("%+v, %v", result, err)
		}
	})
}

func TestARunThatIsOlderThanItsJobsIsNoNews(t *testing.T) {
	b := &builder{world: world{refs: bkcache.Refs{Default: mainRef}}}
	b.layer("orphan", feature, 20*day)
	runs := bkcache.Runs{Asked: now, Runs: []bkcache.Run{{ID: 1, Refs: []string{pull1}, Began: ago(9 * day)}}}
	b.refs.Bases = map[string]string{pull1: mainRef}
	plan := NewPlan(b.analyze(), Policy{Runs: runs}, now).Proven()
	runs.Asked = now.Add(time.Minute)
	s := &store{world: &b.world, gone: map[int64]bool{}, left: -1, runs: runs}
	result, err := plan.Execute(t.Context(), s, still, nil)
	if err != nil || s.looks != 0 || result.Deleted.Count != 1 {
		t.Errorf("%d looks, %+v, %v", s.looks, result, err)
	}
}
