package reclaim

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"pgregory.net/rapid"
)

// store deletes from memory, fails where it is told to, and interrupts after some
// deletions.
type store struct {
	mu        sync.Mutex
	gone      map[int64]bool
	order     []int64
	fail      map[int64]bool
	left      int // deletions until interrupt is called; negative: never
	interrupt func()
	world     *world         // what there was before
	hidden    map[int64]bool // what it denies to have
	arrive    func(w *world) // called at each glance with what is left: builds go on
	looking   func()         // called at each look
	looks     int
	glances   int
	runs      bkcache.Runs
}

var errDenied = errors.New("denied")

func (s *store) Delete(_ context.Context, id int64, _ time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.left == 0 {
		s.interrupt()
		return context.Canceled
	}
	s.left--
	if s.fail[id] {
		return errDenied
	}
	if s.hidden[id] || s.gone[id] {
		return fs.ErrNotExist
	}
	s.gone[id] = true
	s.order = append(s.order, id)
	return nil
}

func (s *store) Look(ctx context.Context) (*Analysis, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.looks++; s.looking != nil {
		s.looking()
	}
	return s.world.without(s.gone).analyze(), context.Cause(ctx)
}

func (s *store) Glance(ctx context.Context, _ []bkcache.Entry, _ time.Time) (Glance, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.glances++; s.arrive != nil {
		s.arrive(s.world)
	}
	g := Glance{Used: map[int64]time.Time{}}
	for _, e := range s.world.without(s.gone).entries {
		g.Used[e.ID] = e.Used
	}
	for _, x := range s.world.without(s.gone).indexes {
		g.Indexes = append(g.Indexes, x.ID)
	}
	return g, context.Cause(ctx)
}

func (s *store) Runs(ctx context.Context) (bkcache.Runs, error) { return s.runs, context.Cause(ctx) }

// still is a clock that stands still.
func still() time.Time { return now }

// execute runs a plan against a store that fails and is interrupted as drawn.
func execute(t *rapid.T, w *world, plan *Plan, left int, fail map[int64]bool) (*store, Result, error) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s := &store{world: w, gone: map[int64]bool{}, fail: fail, left: left, interrupt: cancel}
	result, err := plan.Execute(ctx, s, still, nil)
	return s, result, err
}

func TestNothingThatStaysPointsAtABlobThatWent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := worlds().Draw(t, "world")
		policy := policies().Draw(t, "policy")
		plan := NewPlan(w.analyze(), policy, now)
		w = w.leave(policy)
		fail := map[int64]bool{}
		for _, e := range w.entries {
			fail[e.ID] = rapid.IntRange(0, 7).Draw(t, "fails") == 0
		}
		s, result, err := execute(t, w, plan, rapid.IntRange(-1, len(w.entries)).Draw(t, "left"), fail)
		if broken := w.broken(s.gone); len(broken) > 0 {
			t.Fatalf("after deleting %v these miss blobs: %+v", s.order, broken)
		}
		var planned Tally
		for v := range plan.Deletions() {
			planned.add(v)
		}
		r := result
		count := r.Deleted.Count + r.Failed.Count + r.Held.Count + r.Skipped.Count
		bytes := r.Deleted.Bytes + r.Failed.Bytes + r.Held.Bytes + r.Skipped.Bytes
		if count != planned.Count || bytes != planned.Bytes || r.Deleted.Count != len(s.gone) || len(r.Failures) != r.Failed.Count {
			t.Fatalf("%+v of %+v", r, planned)
		}
		if r.Needed.Count > 0 || (err != nil) != (r.Skipped.Count > 0) || r.Held.Count > 0 && r.Failed.Count == 0 {
			t.Fatalf("%+v with error %v", r, err)
		}
	})
}

func TestTheHeadOfACacheOutlivesTheVersionsThatGoWithIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := worlds().Draw(t, "world")
		plan := NewPlan(w.analyze(), policies().Draw(t, "policy"), now)
		fail := map[int64]bool{}
		for _, e := range w.entries {
			fail[e.ID] = rapid.IntRange(0, 3).Draw(t, "fails") == 0
		}
		s, _, _ := execute(t, w, plan, rapid.IntRange(-1, len(w.entries)).Draw(t, "left"), fail)
		verdicts := decisions(plan)
		for _, head := range w.indexes {
			for _, old := range w.indexes {
				same := head.scope == old.scope && head.Ref == old.Ref && head.keyRef == old.keyRef && head.signed == old.signed
				resurrected := s.gone[head.ID] && !s.gone[old.ID] && verdicts[old.ID].Decision == Delete
				if same && w.newer(head) == 0 && resurrected {
					t.Fatalf("%d went before %d", head.ID, old.ID)
				}
			}
		}
	})
}

func TestPlanningAgainFinishesTheJob(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := worlds().Draw(t, "world")
		policy := policies().Draw(t, "policy")
		policy.KeepStorage = 0 // the limit may be reached half-way
		fail := map[int64]bool{}
		failing := rapid.Bool().Draw(t, "failing")
		for _, e := range w.entries {
			fail[e.ID] = failing && rapid.IntRange(0, 7).Draw(t, "fails") == 0
		}
		first := NewPlan(w.analyze(), policy, now)
		interrupted, _, _ := execute(t, w, first, rapid.IntRange(0, len(w.entries)).Draw(t, "left"), fail)

		rest := w.without(interrupted.gone)
		finished, _, err := execute(t, rest, NewPlan(rest.analyze(), policy, now), -1, nil)
		if err == nil && (policy.Scope != nil || !policy.Until.IsZero() || policy.Incomplete || policy.Superseded) { // which select no layers without their index
			rest = rest.without(finished.gone)
			var orphans *store
			orphans, _, err = execute(t, rest, NewPlan(rest.analyze(), Policy{Unreferenced: true, Grace: policy.Grace, Runs: policy.Runs}, now), -1, nil)
			maps.Copy(finished.gone, orphans.gone)
		}
		if err != nil {
			t.Fatal(err)
		}
		for v := range first.Deletions() {
			stays := !interrupted.gone[v.ID] && !finished.gone[v.ID]
			// Orphans that were to go with a named cache wait until they are old enough.
			if stays && policy.Entry == nil && !w.isYoung(v.Entry, policy, true) {
				t.Fatalf("%+v stays for good", v)
			}
		}
		maps.Copy(finished.gone, interrupted.gone)
		if broken := w.leave(policy).broken(finished.gone); len(broken) > 0 {
			t.Fatalf("these miss blobs: %+v", broken)
		}
	})
}

func TestKeepStorageIsReachedAfterAnInterruption(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := worlds().Draw(t, "world")
		policy := Policy{KeepStorage: rapid.Int64Range(1, 400_000).Draw(t, "limit")}
		left := func(w *world, gone map[int64]bool) (bytes int64) {
			for _, item := range w.without(gone).analyze().Items {
				if item.State != "" {
					bytes += item.Size
				}
			}
			return bytes
		}
		late := now.Add(time.Hour) // nothing is young
		whole, _, _ := execute(t, w, NewPlan(w.analyze(), policy, late), -1, nil)
		interrupted, _, _ := execute(t, w, NewPlan(w.analyze(), policy, late), rapid.IntRange(0, len(w.entries)).Draw(t, "left"), nil)
		rest := w.without(interrupted.gone)
		finished, _, _ := execute(t, rest, NewPlan(rest.analyze(), policy, late), -1, nil)
		if got := left(rest, finished.gone); got > max(policy.KeepStorage, left(w, whole.gone)) {
			t.Fatalf("%d bytes stay, uninterrupted %d, limit %d", got, left(w, whole.gone), policy.KeepStorage)
		}
	})
}

func TestExecute(t *testing.T) {
	build := func() (*builder, *Plan) {
		b := &builder{world: world{refs: bkcache.Refs{Default: mainRef}}}
		b.index("a", mainRef, 1, 9*day, b.layer("old", mainRef, 9*day)) // ids 2 and 1
		b.index("a", mainRef, 2, 8*day, b.layer("new", mainRef, 8*day)) // ids 4 and 3
		b.layer("orphan", mainRef, 9*day)                               // id 5
		b.other("setup-go", "1", mainRef, 9*day)                        // id 6
		return b, NewPlan(b.analyze(), Policy{All: true, Other: true}, now)
	}

	t.Run("deletes old versions, then heads, then blobs, and reports each", func(t *testing.T) {
		b, plan := build()
		s := &store{world: &b.world, gone: map[int64]bool{}, left: -1}
		var reported []int
		result, err := plan.Execute(t.Context(), s, still, func(p Progress) {
			reported = append(reported, p.Done)
			if p.Err != nil || p.Verdict == nil {
				t.Errorf("progress %+v", p)
			}
		})
		if err != nil || result.Deleted.Count != 6 || len(reported) != 6 || reported[5] != 6 {
			t.Fatalf("%+v, %v, reported %v", result, err, reported)
		}
		if s.order[0] != 2 || s.order[1] != 4 {
			t.Errorf("order %v", s.order)
		}
	})

	t.Run("a plan is good for one execution", func(t *testing.T) {
		b, plan := build()
		s := &store{world: &b.world, gone: map[int64]bool{}, left: -1}
		if _, err := plan.Execute(t.Context(), s, still, nil); err != nil {
			t.Fatal(err)
		}
		if result, err := plan.Execute(t.Context(), s, still, nil); !errors.Is(err, ErrUsed) || result.Deleted.Count != 0 {
			t.Errorf("%+v, %v", result, err)
		}
	})

	t.Run("an index that cannot be deleted keeps its cache, and nothing else", func(t *testing.T) {
		b, plan := build()
		s := &store{world: &b.world, gone: map[int64]bool{}, left: -1, fail: map[int64]bool{2: true}}
		result, err := plan.Execute(t.Context(), s, still, nil)
		if err != nil {
			t.Fatal(err)
		}
		// The head stays with the old version, and both with their layers.
		if len(s.gone) != 2 || !s.gone[5] || !s.gone[6] || result.Held.Count != 3 || result.Failed.Count != 1 {
			t.Fatalf("%+v, gone %v", result, s.gone)
		}
		if f := result.Failures[0]; f.ID != 2 || !errors.Is(f.Err, errDenied) {
			t.Errorf("failure %+v", f)
		}
	})

	t.Run("an end of the context stops it with the cause", func(t *testing.T) {
		b, plan := build()
		ctx, cancel := context.WithCancelCause(t.Context())
		cause := errors.New("interrupt")
		s := &store{world: &b.world, gone: map[int64]bool{}, left: 1, interrupt: func() { cancel(cause) }}
		result, err := plan.Execute(ctx, s, still, nil)
		if !errors.Is(err, cause) || result.Deleted.Count != 1 || result.Skipped.Count != 5 || result.Failed.Count != 0 {
			t.Fatalf("%+v, %v", result, err)
		}
	})

	t.Run("a context that ends after the last deletion is no error", func(t *testing.T) {
		b, plan := build()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		_, err := plan.Execute(ctx, &store{world: &b.world, gone: map[int64]bool{}, left: -1}, still, func(p Progress) {
			if p.Done == 6 {
				cancel()
			}
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
