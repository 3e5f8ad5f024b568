package reclaim

import (
	"fmt"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
)

// saved is an entry of a mount whose ID is made from a number, as are those that it builds on.
func saved(id int64, ref, mount string, age time.Duration, packs ...int64) bkcache.Entry {
	hex := func(n int64) string { return fmt.Sprintf("%016x", n) }
	var older []bkcache.Key
	for _, n := range packs {
		older = append(older, bkcache.MountKey("linux/amd64", mount, hex(n), hex(1), nil))
	}
	key := bkcache.MountKey("linux/amd64", mount, hex(id), hex(id+1000), older)
	return bkcache.Entry{ID: id, Key: key.String(), Version: bkcache.Version, Ref: ref, Size: 100, Created: ago(age), Used: ago(age)}
}

func TestSavedMountsArePruned(t *testing.T) {
	const main, pr = "refs/heads/main", "refs/pull/1/merge"
	for name, c := range map[string]struct {
		entries []bkcache.Entry
		policy  Policy
		deleted []int64
		states  map[int64]State
	}{
		"the newest stays, and older ones go": {
			entries: []bkcache.Entry{saved(1, main, "a", 9*day), saved(2, main, "a", 8*day), saved(3, main, "b", 9*day)},
			deleted: []int64{1}, states: map[int64]State{1: Superseded, 2: Live, 3: Live},
		},
		"what the newest builds on stays": {
			entries: []bkcache.Entry{saved(1, main, "a", 9*day), saved(2, main, "a", 8*day, 1), saved(3, main, "a", 7*day, 1)},
			deleted: []int64{2}, states: map[int64]State{1: Live, 2: Superseded, 3: Live},
		},
		"what one of another ref builds on stays": {
			entries: []bkcache.Entry{saved(1, main, "a", 9*day), saved(2, main, "a", 8*day), saved(3, pr, "a", 7*day, 1)},
			states:  map[int64]State{1: Live, 2: Live, 3: Live},
		},
		"what was superseded a moment ago stays for builds under way": {
			entries: []bkcache.Entry{saved(1, main, "a", 9*day), saved(2, main, "a", time.Hour)},
			states:  map[int64]State{1: Superseded, 2: Live},
		},
		"those of closed refs go": {
			entries: []bkcache.Entry{saved(1, main, "a", 9*day), saved(2, "refs/pull/9/merge", "a", 8*day, 1)},
			deleted: []int64{2}, states: map[int64]State{1: Live, 2: Closed},
		},
		"a selected one goes": {
			entries: []bkcache.Entry{saved(1, main, "a", time.Hour), saved(2, main, "b", time.Hour)},
			policy:  Policy{Entry: func(e bkcache.Entry) bool { return e.ID == 2 }},
			deleted: []int64{2},
		},
		"one that is needed does not go alone": {
			entries: []bkcache.Entry{saved(1, main, "a", 9*day), saved(2, main, "a", 8*day, 1)},
			policy:  Policy{Entry: func(e bkcache.Entry) bool { return e.ID == 1 }},
		},
		"all of a ref go together": {
			entries: []bkcache.Entry{saved(1, pr, "a", 9*day), saved(2, pr, "a", 8*day, 1), saved(3, main, "a", 8*day)},
			policy:  Policy{Ref: func(ref string) bool { return ref == pr }},
			deleted: []int64{1, 2},
		},
		"a scope selects none": {
			entries: []bkcache.Entry{saved(1, main, "a", 9*day)},
			policy:  Policy{Scope: func(string) bool { return true }},
		},
		"for a limit, the least recently used go, and never one that is needed": {
			entries: []bkcache.Entry{saved(1, main, "a", 9*day), saved(2, main, "a", 3*day, 1), saved(3, main, "b", 8*day), saved(4, main, "c", 7*day)},
			policy:  Policy{KeepStorage: 250},
			deleted: []int64{3, 4},
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := Analyze(c.entries, nil, bkcache.Refs{Closed: map[string]string{"refs/pull/9/merge": "merged"}})
			for id, want := range c.states {
				if i, _ := a.find(id); a.Items[i].State != want {
					t.Errorf("entry %d is %s, want %s", id, a.Items[i].State, want)
				}
			}
			c.policy.Grace = DefaultGrace
			c.policy.Runs = idle()
			plan := NewPlan(a, c.policy, now)
			deleted := map[int64]bool{}
			for v := range plan.Deletions() {
				deleted[v.ID] = true
			}
			if len(deleted) != len(c.deleted) {
				t.Errorf("deletes %v, want %v", deleted, c.deleted)
			}
			for _, id := range c.deleted {
				if !deleted[id] {
					t.Errorf("deletes %v, want %v", deleted, c.deleted)
				}
			}
		})
	}
}
