package cacheclient

import (
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	actionscache "github.com/tonistiigi/go-actions-cache"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/servertest"
	"github.com/docker-ghacache/docker-ghacache/internal/httpclient"
)

// TestRecentTellsWhatBuildsDid looks blobs up with BuildKit's client, and writes an index.
func TestRecentTellsWhatBuildsDid(t *testing.T) {
	for name, test := range map[string]struct {
		blobs, looked int
		requests      int64
	}{
		"few blobs":                        {5, 1, 2},
		"many blobs":                       {300, 60, 2},
		"more are used than a page holds":  {300, 150, 2 + 20},
		"all of many are used all the day": {120, 120, 2 + 20},
	} {
		t.Run(name, func(t *testing.T) {
			begun := time.Now()
			at := begun.Add(-30 * time.Minute)
			s := servertest.Open(t, cacheserver.Options{Now: func() time.Time { return at }}, entries(test.blobs)...)
			url := servertest.Serve(t, s)
			count := &counted{RoundTripper: httpclient.NewTransport()}
			c := client(t, s, url, Options{Transport: count})
			all, err := c.List(t.Context(), Filter{})
			if err != nil {
				t.Fatal(err)
			}
			at = begun.Add(time.Second)
			token, err := s.RuntimeToken([]cacheserver.RefAccess{{Ref: mainRef, Write: true}}, 1000*time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			build, err := actionscache.New(token, url, true, actionscache.Opt{})
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range all[:test.looked] {
				if found, err := build.Load(t.Context(), e.Key); err != nil || found == nil {
					t.Fatal(found, err)
				}
			}
			index := bkcache.IndexKey("app", mainRef, false, 1).String()
			if err := build.Save(t.Context(), index, actionscache.NewBlob([]byte("{}"))); err != nil {
				t.Fatal(err)
			}
			count.requests.Store(0)
			asked := all[max(0, test.looked-10):min(len(all), test.looked+10)]
			indexes, used, err := c.Recent(t.Context(), asked, begun)
			if err != nil {
				t.Fatal(err)
			}
			for i, e := range asked {
				_, have := used[e.ID]
				if want := max(0, test.looked-10)+i < test.looked; have != want {
					t.Errorf("blob %d: used %t, want %t", i, have, want)
				}
			}
			if len(indexes) != 1 {
				t.Errorf("indexes %v", indexes)
			}
			if n := count.requests.Load(); n > test.requests {
				t.Errorf("%d requests, want %d", n, test.requests)
			}
		})
	}
}

// TestADeletionIsNotSentTooLate has the service refuse deletions for a while, be slow, or
// fail in passing.
func TestADeletionIsNotSentTooLate(t *testing.T) {
	for name, test := range map[string]struct {
		fault string
		by    time.Duration
		late  bool
		sent  int
	}{
		"in time":                           {"", 5 * time.Second, false, 1},
		"it is over":                        {"", -time.Millisecond, true, 0},
		"the service refuses it for longer": {"DELETE *:403:1:15", 5 * time.Second, true, 1},
		"the service fails in passing":      {"DELETE *:502:1", 5 * time.Second, false, 2},
		"the service fails for longer":      {"DELETE *:502", 2 * time.Second, true, 4}, // after waits of 0.25, 0.5 and 1 s at least
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				opts := cacheserver.Options{Now: time.Now}
				if test.fault != "" {
					fault, err := cacheserver.ParseFault(test.fault)
					if err != nil {
						t.Fatal(err)
					}
					opts.Faults = []cacheserver.Fault{fault}
				}
				s := servertest.Open(t, opts, entries(1)...)
				var sent []time.Time
				transport := direct{s, func(r *http.Request, _ *http.Response) {
					if r.Method == http.MethodDelete {
						sent = append(sent, time.Now())
					}
				}}
				c := client(t, s, "http://direct", Options{Transport: transport})
				all, err := c.List(t.Context(), Filter{})
				if err != nil {
					t.Fatal(err)
				}
				begun := time.Now()
				err = c.DeleteBy(t.Context(), all[0].ID, begun.Add(test.by))
				if errors.Is(err, ErrLate) != test.late || !test.late && err != nil || len(sent) > test.sent {
					t.Errorf("error %v after %d requests", err, len(sent))
				}
				for _, at := range sent {
					if at.Sub(begun) > test.by {
						t.Errorf("sent after %v", at.Sub(begun))
					}
				}
			})
		})
	}
}
