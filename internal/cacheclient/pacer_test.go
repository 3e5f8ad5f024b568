package cacheclient

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/servertest"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
)

// deleteAll deletes entries as prune does.
func deleteAll(ctx context.Context, c *Client, entries []bkcache.Entry) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for _, e := range entries {
		group.Go(func() error { return c.Delete(ctx, e.ID) })
	}
	return group.Wait()
}

// secondary is GitHub's limit.
var secondary = cacheserver.RateLimit{Points: defaultPoints, Per: defaultPer}

// allowed is how long n deletions take at the rate of the limit.
func allowed(n int) time.Duration { return time.Duration(n) * 5 * defaultPer / defaultPoints }

func TestDeletingAThousandKeepsTheSecondaryLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := servertest.Open(t, cacheserver.Options{Latency: 100 * time.Millisecond, Now: time.Now, RateLimit: secondary}, entries(1000)...)
		count := &counted{RoundTripper: direct{Handler: s}}
		c := client(t, s, "http://direct", Options{Transport: count})
		begin := time.Now()
		all, err := c.List(t.Context(), Filter{})
		if err != nil {
			t.Fatal(err)
		}
		if err := deleteAll(t.Context(), c, all); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begin); took > allowed(len(all))*12/10 {
			t.Errorf("took %v, the limit allows %v", took, allowed(len(all)))
		}
		if n := count.refusals.Load(); n != 0 {
			t.Errorf("%d refusals", n)
		}
		if left, err := c.List(t.Context(), Filter{}); err != nil || len(left) != 0 {
			t.Errorf("%d entries left, error %v", len(left), err)
		}
	})
}

func TestDeletingGoesOnWithoutRefusalsAfterTheFirst(t *testing.T) {
	for status, header := range map[int]string{http.StatusForbidden: "403", http.StatusTooManyRequests: "429"} {
		t.Run(header, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				limit := secondary
				limit.Status = status
				s := servertest.Open(t, cacheserver.Options{Now: time.Now, RateLimit: limit}, entries(700)...)
				// Another program has spent nearly all that the limit allows.
				other := client(t, s, "http://direct", Options{Transport: direct{Handler: s}})
				all, err := other.List(t.Context(), Filter{})
				if err != nil {
					t.Fatal(err)
				}
				if err := deleteAll(t.Context(), other, all[:175]); err != nil {
					t.Fatal(err)
				}
				time.Sleep(20 * time.Second)
				count := &counted{RoundTripper: direct{Handler: s}}
				c := client(t, s, "http://direct", Options{Transport: count})
				if err := deleteAll(t.Context(), c, all[175:176]); err != nil {
					t.Fatal(err)
				}
				begin := time.Now()
				for _, e := range all[176:190] { // one at a time, so that one is refused
					if err := c.Delete(t.Context(), e.ID); err != nil {
						t.Fatal(err)
					}
				}
				if err := deleteAll(t.Context(), c, all[190:]); err != nil {
					t.Fatal(err)
				}
				if took, limit := time.Since(begin), allowed(len(all)-176)*12/10; took > limit {
					t.Errorf("took %v, want %v", took, limit)
				}
				if n := count.refusals.Load(); n != 1 {
					t.Errorf("%d refusals, want 1", n)
				}
			})
		})
	}
}

// Whatever is sent, no window of the limit's length holds more than the limit.
func TestPacerNeverAdmitsMoreThanAnyWindowAllows(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	synctest.Test(t, func(t *testing.T) {
		random := rand.New(rand.NewPCG(seed, 0))
		const points, per = 60, 6 * time.Second
		p := newPacer(Options{Now: time.Now, Points: points, Per: per})
		var mu sync.Mutex
		var seen []spending // when the service counts them: at any time before its reply
		var group errgroup.Group
		group.SetLimit(parallel)
		begin, total := time.Now(), 0
		for range 400 {
			cost := 1 + 4*random.IntN(2)
			there, back := time.Duration(random.Int64N(2e9)), time.Duration(random.Int64N(2e9))
			total += cost
			group.Go(func() error {
				if err := p.acquire(t.Context(), cost); err != nil {
					return err
				}
				defer p.release(cost)
				time.Sleep(there)
				mu.Lock()
				seen = append(seen, spending{time.Now(), cost})
				mu.Unlock()
				time.Sleep(back)
				return nil
			})
		}
		if err := group.Wait(); err != nil {
			t.Fatal(err)
		}
		for i, first := range seen {
			sum := 0
			for _, s := range seen[i:] {
				if s.at.Sub(first.at) < per {
					sum += s.points
				}
			}
			if sum > points {
				t.Fatalf("%d points within %v", sum, per)
			}
		}
		// A window and what is under way when it is full count twice at worst.
		if took, limit := time.Since(begin), time.Duration(total)*(per+4*time.Second)/points+per; took > limit {
			t.Errorf("%d points took %v, want %v", total, took, limit)
		}
	})
}

func TestPacerRecoversFromRefusals(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	p := newPacer(Options{Now: func() time.Time { return now }})
	for range 11 { // each by itself means nothing
		now = now.Add(20 * time.Minute)
		p.refuse(time.Second)
	}
	if p.points != defaultPoints {
		t.Errorf("%d points after refusals far apart", p.points)
	}
	for range 4 {
		now = now.Add(2 * time.Second)
		p.refuse(time.Second)
	}
	if want := defaultPoints / 16; p.points != want {
		t.Errorf("%d points after refusals in a row, want %d", p.points, want)
	}
	var have []int
	for range 6 {
		now = now.Add(p.per + 2*time.Second)
		if _, err := p.admit(0, time.Time{}); err != nil {
			t.Fatal(err)
		}
		have = append(have, p.points)
	}
	if want := []int{112, 224, 448, 896, 900, 900}; !slices.Equal(have, want) || p.refusals != 0 {
		t.Errorf("%v points in the windows after, want %v; %d refusals count", have, want, p.refusals)
	}
}

func TestPrimaryLimitIsWaitedForNotHit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := servertest.Open(t, cacheserver.Options{Latency: 10 * time.Millisecond, Now: time.Now, RateLimit: cacheserver.RateLimit{Hourly: 50}}, entries(120)...)
		count := &counted{RoundTripper: direct{Handler: s}}
		var mu sync.Mutex
		var waits []time.Duration
		token, err := s.RESTToken(true, 24*time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		c := clientWith(t, "http://direct", token, Options{Transport: count, MaxWait: 2 * time.Hour, OnWait: func(d time.Duration) {
			mu.Lock()
			defer mu.Unlock()
			waits = append(waits, d.Round(time.Minute))
		}})
		all, err := c.List(t.Context(), Filter{})
		if err != nil {
			t.Fatal(err)
		}
		if err := deleteAll(t.Context(), c, all); err != nil {
			t.Fatal(err)
		}
		if n := count.refusals.Load(); n != 0 {
			t.Errorf("%d refusals", n)
		}
		if want := []time.Duration{time.Hour, time.Hour}; !slices.Equal(waits, want) {
			t.Errorf("told to wait %v, want %v", waits, want)
		}
	})
}

func TestAWaitLongerThanMaxWaitIsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := servertest.Open(t, cacheserver.Options{Now: time.Now, RateLimit: cacheserver.RateLimit{Hourly: 1}}, entries(1)...)
		c := client(t, s, "http://direct", Options{Transport: direct{Handler: s}})
		if _, err := c.DefaultBranch(t.Context()); err != nil {
			t.Fatal(err)
		}
		_, err := c.DefaultBranch(t.Context())
		limit, ok := errors.AsType[*LimitError](err)
		if !ok || !strings.Contains(err.Error(), limit.Until.UTC().Format(time.RFC3339)) || hint.Of(err) == "" {
			t.Errorf("have %v, hint %q", err, hint.Of(err))
		}
	})
}
