package listing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/servertest"
	"github.com/docker-ghacache/docker-ghacache/internal/reclaim"
	"github.com/google/go-cmp/cmp"
)

func allRefs() []string {
	return []string{servertest.Main, servertest.OpenPull, servertest.ClosedPull, servertest.DeletedRef, servertest.LongRef}
}

// states are those of the caches, by scope and ref.
func states(s *Snapshot) map[string]string {
	all := map[string]string{}
	for i := range s.Caches {
		c := &s.Caches[i]
		all[c.Scope+"@"+c.Ref] = State(c)
	}
	return all
}

func TestSnapshotOfTheExample(t *testing.T) {
	p := serve(t, cacheserver.Options{}, allRefs()...)
	r, s := p.snapshot()
	want := map[string]string{
		"app@" + servertest.Main: "live", "app@" + servertest.OpenPull: "live", "web@" + servertest.Main: "live",
		"app@" + servertest.ClosedPull: "closed", "app@" + servertest.DeletedRef: "closed",
		"\x1b[31mapp@" + servertest.LongRef: Incomplete,
	}
	if diff := cmp.Diff(want, states(s)); diff != "" {
		t.Error(diff)
	}
	if len(s.Items) != len(servertest.Example()) || len(s.Indexes) == 0 {
		t.Errorf("%d entries, %d indexes", len(s.Items), len(s.Indexes))
	}
	if r.NoteUnread(s, EveryCache); len(p.said) > 0 {
		t.Errorf("said %q", p.said)
	}
}

func TestWhatCannotBeReadIsUnknownAndSaid(t *testing.T) {
	tests := []struct {
		name    string
		refs    []string
		fault   string
		unknown int // caches
		said    []string
	}{
		{name: "where there is no job", unknown: 4, said: []string{"info: 6 of 6 indexes cannot be read here", "run the command in a job on #12, feature/", "add this step before it"}},
		{name: "in a job of one ref", refs: []string{servertest.OpenPull}, unknown: 3, said: []string{"info: 5 of 6 indexes cannot be read here", "run the command in a job on feature/"}},
		{name: "with a service that refuses", refs: allRefs(), fault: "POST /twirp/*:403", unknown: 4, said: []string{"warning: 6 of 6 indexes could not be read; one of the errors: ", "403"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			opts := cacheserver.Options{}
			if tt.fault != "" {
				opts.Faults = servertest.Faults(t, tt.fault)
			}
			p := serve(t, opts, tt.refs...)
			r, s := p.snapshot()
			unknown := 0
			for _, state := range states(s) {
				if state == string(reclaim.Unknown) {
					unknown++
				}
			}
			if unknown != tt.unknown {
				t.Errorf("the states are %q", states(s))
			}
			r.NoteUnread(s, EveryCache)
			r.NoteUnread(s, EveryCache)
			if len(p.said) != 1 || len(p.heard(tt.said...)) != 1 {
				t.Errorf("said %q", p.said)
			}
			r.NoteUnread(s, func(*reclaim.Cache) bool { return false })
			if len(p.said) != 1 {
				t.Errorf("of no cache it said %q", p.said[1:])
			}
		})
	}
}

func TestRefsThatAreNotKnownAreSaidOnce(t *testing.T) {
	p := serve(t, cacheserver.Options{Faults: servertest.Faults(t, "GET /repos/octo/app/pulls:403")}, allRefs()...)
	r, s := p.snapshot()
	if got := states(s)["app@"+servertest.ClosedPull]; got != "live" {
		t.Errorf("a pull request that nothing is known of is %s", got)
	}
	if _, err := r.Snapshot(t.Context()); err != nil || len(p.said) != 1 || len(p.heard("warning: not all refs are known: ", "403")) != 1 {
		t.Errorf("said %q, %v", p.said, err)
	}
}

// To read an index is to use it, as the service sees it.
func TestReadingIsNoUse(t *testing.T) {
	var seconds atomic.Int64
	later := func() time.Time { return servertest.Noon().Add(time.Duration(seconds.Add(1)) * time.Second) }
	p := serve(t, cacheserver.Options{Now: later}, allRefs()...)
	_, first := p.snapshot()
	other, err := p.open("")
	check(t, err)
	second, err := other.Snapshot(t.Context())
	check(t, err)
	used := func(s *Snapshot) map[string]time.Time {
		all := map[string]time.Time{}
		for i := range s.Caches {
			c := &s.Caches[i]
			all[c.Scope+" "+c.Ref] = c.Used
		}
		return all
	}
	if diff := cmp.Diff(used(first), used(second)); diff != "" {
		t.Error(diff)
	}
	if slices.EqualFunc(first.Items, second.Items, func(a, b reclaim.Item) bool { return a.Used.Equal(b.Used) }) {
		t.Error("the service did not take the reading for a use, so nothing was tested")
	}
}

func TestAnInterruptedSnapshot(t *testing.T) {
	why := errors.New("interrupt")
	for _, after := range []time.Duration{0, 20 * time.Millisecond} {
		t.Run(fmt.Sprint(after), func(t *testing.T) {
			p := serve(t, cacheserver.Options{Latency: 50 * time.Millisecond}, allRefs()...)
			r, err := p.open("")
			check(t, err)
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(after, func() { cancel(why) })
			if s, err := r.Snapshot(ctx); s != nil || !errors.Is(err, why) && !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, %v", s, err)
			}
		})
	}
}
