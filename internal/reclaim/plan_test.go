package reclaim

import (
	stdcmp "cmp"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
)

// decisions returns the verdicts by entry.
func decisions(p *Plan) map[int64]Verdict {
	verdicts := map[int64]Verdict{}
	for _, v := range p.Verdicts {
		verdicts[v.ID] = v
	}
	return verdicts
}

func TestNoBlobGoesThatAnIndexWhichStaysCouldName(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := worlds().Draw(t, "world")
		policy := policies().Draw(t, "policy")
		plan := NewPlan(w.analyze(), policy, now)
		w = w.leave(policy)
		verdicts, proven := decisions(plan), decisions(plan.Proven())
		for _, b := range w.blobs {
			for _, x := range w.indexes {
				if proven[b.ID].Decision == Delete && proven[x.ID].Decision != Delete && w.couldName(x, b) {
					t.Fatalf("%d goes (%s), but %d stays (%s) and could name it",
						b.ID, verdicts[b.ID].Reason, x.ID, verdicts[x.ID].Reason)
				}
				if verdicts[b.ID].Decision == Delete && verdicts[x.ID].Decision != Delete && w.couldName(x, b) && (x.read || w.exportedWith(x, b)) {
					t.Fatalf("%d is likely to be free (%s), but %d stays (%s) and probably names it",
						b.ID, verdicts[b.ID].Reason, x.ID, verdicts[x.ID].Reason)
				}
			}
		}
	})
}

func TestEveryEntryGetsOneVerdictAndTheTotalsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := worlds().Draw(t, "world")
		plan := NewPlan(w.analyze(), policies().Draw(t, "policy"), now)
		count := map[Decision]int{}
		var bytes int64
		for _, total := range plan.Totals() {
			count[total.Decision] += total.Count
			bytes += total.Bytes
		}
		if got := count[Keep] + count[Delete] + count[Unclear]; got != len(w.entries) || len(count) > 3 {
			t.Fatalf("%v for %d entries", count, len(w.entries))
		}
		for _, e := range w.entries {
			bytes -= e.Size
			if v := decisions(plan)[e.ID]; v.Item == nil || v.Entry != e || v.Reason == "" {
				t.Fatalf("verdict %+v for %+v", v, e)
			}
		}
		if bytes != 0 {
			t.Fatalf("the totals are off by %d bytes", bytes)
		}
		deletions := len(slices.Collect(plan.Deletions()))
		if deletions != count[Delete] {
			t.Fatalf("%d deletions for %d verdicts", deletions, count[Delete])
		}
	})
}

func TestThePlanDoesNotDependOnTheOrderOfTheListing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := worlds().Draw(t, "world")
		policy := policies().Draw(t, "policy")
		plan := NewPlan(w.analyze(), policy, now)
		shuffled := *w
		shuffled.entries = rapid.Permutation(w.entries).Draw(t, "shuffled")
		shuffled.entries = append(shuffled.entries, shuffled.entries[:len(shuffled.entries)/2]...) // a page twice
		again := NewPlan(shuffled.analyze(), policy, now)
		if plan.Heads != again.Heads {
			t.Fatal("the heads differ")
		}
		for i, v := range plan.Verdicts {
			o := again.Verdicts[i]
			if v.ID != o.ID || v.Decision != o.Decision || v.Reason != o.Reason || v.Detail != o.Detail || !reflect.DeepEqual(v.Item, o.Item) {
				t.Fatalf("%+v or %+v", v, o)
			}
		}
	})
}

// TestTheReasonsAreTrue holds every verdict against what its reason claims.
func TestTheReasonsAreTrue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := worlds().Draw(t, "world")
		policy := policies().Draw(t, "policy")
		verdicts := decisions(NewPlan(w.analyze(), policy, now))
		w = w.leave(policy)
		for _, x := range w.indexes {
			checkIndexVerdict(t, w, x, verdicts[x.ID], policy)
		}
		for _, b := range w.blobs {
			checkBlobVerdict(t, w, b, verdicts, policy)
		}
		for _, id := range w.foreign {
			if v := verdicts[id]; v.Decision != Keep && !(policy.All && policy.Other) && v.Reason != ForEntry && !(policy.Other && v.Reason == ForStorage) {
				t.Fatalf("another tool's entry: %+v", v)
			}
		}
	})
}

func checkIndexVerdict(t *rapid.T, w *world, x knownIndex, v Verdict, p Policy) {
	userNamed := p.All || p.Scope != nil || p.Ref != nil || p.Entry != nil
	deleted := v.Decision == Delete
	if deleted {
		switch {
		case p.Scope != nil && !p.Scope(x.scope), p.Ref != nil && !p.Ref(x.Ref), p.Entry != nil && !p.Entry(x.Entry):
			t.Fatalf("not admitted: %+v", v)
		case w.isYoung(x.Entry, p, false) && !userNamed:
			t.Fatalf("young: %+v", v)
		case x.keyRef != x.Ref && !userNamed:
			t.Fatalf("of an unknown ref: %+v", v)
		}
	}
	superseded := w.newer(x) >= stdcmp.Or(p.KeepVersions, 2)
	selected := p.Until.IsZero() && (p.Scope == nil || p.Scope(x.scope)) && (p.Ref == nil || p.Ref(x.Ref)) && (p.Entry == nil || p.Entry(x.Entry)) &&
		(p.All || p.Closed && w.closed(x.Ref) || p.Superseded && superseded || p.Incomplete && w.incomplete(x))
	admitted := (p.Scope == nil || p.Scope(x.scope)) && (p.Ref == nil || p.Ref(x.Ref)) && p.Entry == nil && x.keyRef == x.Ref
	narrowed := p.Scope != nil || p.Ref != nil || p.Entry != nil || !p.Until.IsZero() || p.All || p.KeepStorage > 0
	tidies := !narrowed && (p.Superseded || !p.Closed && !p.Unreferenced && !p.Incomplete)
	truth := map[Reason]bool{
		ForClosed:     deleted && w.closed(x.Ref),
		ForSuperseded: deleted && superseded,
		ForScope:      deleted && p.Scope != nil,
		ForRef:        deleted && p.Ref != nil,
		ForUntil:      deleted && !p.Until.IsZero(),
		ForAll:        deleted && p.All,
		ForEntry:      deleted && p.Entry != nil,
		ForIncomplete: deleted && (w.dead(x) || p.Incomplete && w.incomplete(x)),
		ForStorage:    deleted && p.KeepStorage > 0,
		Young:         v.Decision == Keep && (x.Created.After(now.Add(-p.Grace)) || p.KeepStorage > 0),
		Needed:        v.Decision == Keep && (w.isWatched(x.Entry, p, false) || p.KeepStorage > 0),
		NotSelected:   v.Decision == Keep && !selected && !(tidies && admitted),
		Newest:        v.Decision == Keep && !selected && admitted && w.newer(x) == 0,
		KeptVersion:   v.Decision == Keep && !selected && admitted && w.newer(x) > 0 && !superseded,
		ForeignRef:    v.Decision == Unclear && x.keyRef != x.Ref,
		GainUnknown:   v.Decision == Unclear && p.KeepStorage > 0,
		LayersStay:    v.Decision == Unclear && p.Ref != nil,
	}
	if !truth[v.Reason] {
		t.Fatalf("index %+v: %s %s", x, v.Decision, v.Reason)
	}
}

func checkBlobVerdict(t *rapid.T, w *world, b knownBlob, verdicts map[int64]Verdict, p Policy) {
	v := verdicts[b.ID]
	var named, could, freed, going, doubt bool
	for _, x := range w.indexes {
		stays := verdicts[x.ID].Decision != Delete
		named = named || stays && x.read && w.couldName(x, b)
		could = could || stays && w.couldName(x, b) && (x.read || w.exportedWith(x, b))
		doubt = doubt || stays && w.couldName(x, b)
		going = going || !stays && w.couldName(x, b)
		freed = freed || !stays && x.read && w.couldName(x, b) && verdicts[x.ID].Reason == v.Reason
	}
	deleted := v.Decision == Delete && !could && !w.isWatched(b.Entry, p, true)
	young := w.isYoung(b.Entry, p, true)
	selects := p.Scope != nil || p.Ref != nil || p.Entry != nil || !p.Until.IsZero() || p.All || p.Closed || p.Superseded || p.Unreferenced || p.Incomplete
	garbage := p.KeepStorage > 0 || !selects
	truth := map[Reason]bool{
		ForClosed:       deleted && w.closed(b.Ref) && (!young || p.Ref != nil),
		ForUnreferenced: deleted && !young && (p.Scope == nil || going || p.Unreferenced || p.KeepStorage > 0),
		ForSuperseded:   deleted && (p.Superseded || garbage) && going && (!young || p.Scope != nil || p.Ref != nil || p.All || p.Entry != nil),
		ForEntry:        deleted && p.Entry != nil && p.Entry(b.Entry) && (p.Until.IsZero() || b.Used.Before(p.Until)) && (p.Scope == nil || freed),
		ForIncomplete:   deleted && freed && (!young || p.All || p.Scope != nil || p.Ref != nil),
		ForScope:        deleted && p.Scope != nil && freed,
		ForUntil:        deleted && !p.Until.IsZero() && freed && (!young || p.All || p.Ref != nil),
		ForRef:          deleted && p.Ref != nil,
		ForAll:          deleted && p.All,
		ForStorage:      deleted && p.KeepStorage > 0 && freed && (!young || p.Scope != nil || p.Ref != nil),
		InUse:           v.Decision == Keep && named,
		NotSelected:     v.Decision == Keep && !named,
		Young:           v.Decision == Keep && !could && b.Created.After(now.Add(-p.Grace)),
		Needed:          v.Decision == Keep && !could && w.isWatched(b.Entry, p, true),
		IndexUnread:     v.Decision == Unclear && could && !named,
	}
	if v.Decision == Delete && doubt && (v.Class != Likely || v.Doubt != IndexUnread) {
		t.Fatalf("an index that was not read could name it: %+v", v)
	}
	if !truth[v.Reason] || p.Ref != nil && !p.Ref(b.Ref) && v.Decision == Delete {
		t.Fatalf("blob %+v: %s %s", b, v.Decision, v.Reason)
	}
}

// isYoung reports whether an entry is too young for what the user did not name, and
// watched whether a run under way could have created or found it.
func (w *world) isYoung(e bkcache.Entry, p Policy, blob bool) bool {
	return e.Created.After(now.Add(-p.Grace)) || w.isWatched(e, p, blob)
}

func (w *world) isWatched(e bkcache.Entry, p Policy, blob bool) bool {
	if w.closed(e.Ref) {
		return false
	}
	asked := p.Runs.Asked
	if asked.IsZero() {
		asked = now.Add(-p.Grace)
	}
	watched := e.Created.After(asked) || blob && e.Used.After(asked)
	for _, run := range w.watchers(e.Ref, p) {
		uploaded := !p.Runs.Asked.IsZero() && e.Created.After(run.Began.Add(-time.Hour))
		watched = watched || e.Created.After(run.Began) || blob && (e.Used.After(run.Began) || uploaded)
	}
	return watched
}

// watchers are the runs under way that could see ref.
func (w *world) watchers(ref string, p Policy) (runs []bkcache.Run) {
	if p.Runs.Asked.IsZero() {
		p.Runs.Runs = []bkcache.Run{{Began: now.Add(-p.Grace)}}
	}
	for _, run := range p.Runs.Runs {
		sees := len(run.Refs) == 0 || !strings.HasPrefix(ref, "refs/")
		for _, from := range run.Refs {
			reads, all := jobReads(from, w.refs)
			sees = sees || !all || slices.Contains(reads, ref)
		}
		if oldest := p.Runs.Asked.Add(-5 * day); !p.Runs.Asked.IsZero() && run.Began.Before(oldest) {
			run.Began = oldest // the run goes on, its earlier jobs do not
		}
		if sees && !w.closed(ref) {
			runs = append(runs, run)
		}
	}
	return runs
}

func TestADeletionIsProvenUnlessARunUnderWayCouldSeeTheBlob(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := worlds().Draw(t, "world")
		policy := policies().Draw(t, "policy")
		plan := NewPlan(w.analyze(), policy, now)
		proven := decisions(plan.Proven())
		for _, v := range plan.Verdicts {
			want := Class("")
			if v.Decision == Delete {
				want = Proven
			}
			blob := v.Key.Kind == bkcache.KindLayer || v.Key.Kind == bkcache.KindSignature
			if v.Decision == Delete && blob && (v.Doubt == IndexUnread || len(w.watchers(v.Ref, policy)) > 0) {
				want = Likely
			}
			only := proven[v.ID]
			stays := only.Decision == Unclear && only.Class == Likely && only.Reason == v.Doubt
			if v.Class != want || stays != (want == Likely) || !stays && only != v {
				t.Fatalf("%+v: %s, want %s; in a plan of what is proven: %s %s", v.Item, v.Class, want, only.Decision, only.Reason)
			}
		}
	})
}

// TestTheStatesForetellTheDefaultPlan also proves that the plan is complete.
func TestTheStatesForetellTheDefaultPlan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := worlds().Draw(t, "world")
		a := w.analyze()
		policy := Policy{Runs: bkcache.Runs{Asked: now.Add(time.Hour)}}
		late := now.Add(2 * time.Hour) // nothing is young
		for _, v := range NewPlan(a, policy, late).Verdicts {
			garbage := v.State == Superseded || v.State == Unreferenced || v.State == Closed
			if v.State == Closed && (!w.closed(v.Ref) || v.Reason != ForClosed && v.Reason != ForIncomplete) {
				t.Fatalf("%+v is closed, but %s: %s", v.Item, v.Decision, v.Reason)
			}
			unclear := v.State == Unknown && v.Key.Kind != bkcache.KindIndex
			likely := v.Class == Likely && v.Doubt == IndexUnread
			if garbage != (v.Decision == Delete && !likely) || unclear && v.Decision != Unclear && !likely {
				t.Fatalf("%s, but %s: %s", v.State, v.Decision, v.Reason)
			}
		}
		for _, b := range w.blobs {
			free := !slices.ContainsFunc(w.indexes, func(x knownIndex) bool {
				garbage := x.keyRef == x.Ref && (w.closed(x.Ref) || w.newer(x) >= 2 || w.dead(x))
				return !garbage && w.couldName(x, b)
			})
			i := slices.IndexFunc(a.Items, func(i Item) bool { return i.ID == b.ID })
			if state := a.Items[i].State; free != (state == Superseded || state == Unreferenced || state == Closed) {
				t.Fatalf("%+v is %s, free: %v", b, state, free)
			}
		}
	})
}

func TestKeepStorageEvictsTheLeastRecentlyUsed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := worlds().Draw(t, "world")
		limit := rapid.Int64Range(1, 400_000).Draw(t, "limit")
		a := w.analyze()
		policy := Policy{KeepStorage: limit, Grace: day, Likely: rapid.Bool().Draw(t, "likely"), Other: rapid.Bool().Draw(t, "other")}
		if rapid.Bool().Draw(t, "runs known") {
			policy.Runs.Asked = now
		}
		plan := NewPlan(a, policy, now)
		if !policy.Likely {
			plan = plan.Proven()
		}
		verdicts := decisions(plan)
		var before, after int64
		for _, v := range plan.Verdicts {
			if v.Key.Kind == bkcache.KindOther && !policy.Other {
				continue
			}
			before += v.Size
			if v.Decision != Delete {
				after += v.Size
			}
		}
		if plan.Left != after {
			t.Fatalf("%d bytes stay, said were %d", after, plan.Left)
		}
		if before <= limit && after != before {
			t.Fatalf("%d bytes are within %d, but %d would stay", before, limit, after)
		}
		var newest, oldest time.Time
		for _, c := range a.Caches {
			v := verdicts[c.Head.ID]
			switch {
			case v.Reason == ForStorage:
				newest = later(newest, c.Used)
			case v.Reason == NotSelected && (oldest.IsZero() || c.Used.Before(oldest)):
				oldest = c.Used
			}
		}
		if !oldest.IsZero() && newest.After(oldest) {
			t.Fatalf("a cache used %v goes, one used %v stays", newest, oldest)
		}
		if before > limit && after > limit && !oldest.IsZero() {
			t.Fatalf("%d bytes stay of %d, though the limit is %d and a cache could go", after, before, limit)
		}
	})
}

func TestPlan(t *testing.T) {
	cases := planCases()
	maps.Copy(cases, reachCases())
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			b := &builder{world: world{refs: bkcache.Refs{Default: mainRef, Closed: map[string]string{}, Bases: map[string]string{}}}}
			policy := test.build(b)
			got := map[string]string{}
			for _, v := range NewPlan(b.analyze(), policy, now).Verdicts {
				verdict := string(v.Decision) + ": " + string(v.Reason)
				if v.Doubt == IndexUnread {
					verdict = "likely: " + string(v.Reason)
				}
				got[describe(b, v.ID)] = verdict
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
