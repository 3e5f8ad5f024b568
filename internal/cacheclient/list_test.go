package cacheclient

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	actionscache "github.com/tonistiigi/go-actions-cache"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/servertest"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/httpclient"
)

func keys(entries []bkcache.Entry) []string {
	keys := make([]string, len(entries))
	for i, e := range entries {
		keys[i] = e.Key
	}
	return keys
}

func TestListReturnsEveryEntryOnceOldestFirst(t *testing.T) {
	for _, n := range []int{0, 1, 99, 100, 101, 200, 201, 1234} {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			s := servertest.Open(t, cacheserver.Options{}, entries(n)...)
			count := &counted{RoundTripper: httpclient.NewTransport()}
			have, err := client(t, s, servertest.Serve(t, s), Options{Transport: count}).List(t.Context(), Filter{})
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			for _, it := range entries(n) {
				want = append(want, it.Key)
			}
			if !slices.Equal(keys(have), want) {
				t.Errorf("have %d entries, want %d in order", len(have), n)
			}
			if pages := max(1, (n+perPage-1)/perPage); count.requests.Load() > int64(pages+1) {
				t.Errorf("%d requests for %d pages", count.requests.Load(), pages)
			}
		})
	}
}

func TestListFillsInEveryField(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	it := entry("refs/pull/7/merge", "some key")
	it.Content, it.Version = []byte("12345"), "abc"
	s := servertest.Open(t, cacheserver.Options{Now: func() time.Time { return at }}, it)
	have, err := client(t, s, servertest.Serve(t, s), Options{}).List(t.Context(), Filter{})
	if err != nil {
		t.Fatal(err)
	}
	created := at.Add(-time.Second)
	want := bkcache.Entry{ID: have[0].ID, Key: "some key", Version: "abc", Ref: "refs/pull/7/merge", Size: 5, Created: created, Used: created}
	if len(have) != 1 || have[0] != want || have[0].ID == 0 {
		t.Errorf("have %+v, want %+v", have, want)
	}
}

func TestListFiltersAtTheService(t *testing.T) {
	s := servertest.Open(t, cacheserver.Options{},
		entry(mainRef, "index-a"), entry("refs/heads/x", "index-a"), entry(mainRef, "index-b"), entry(mainRef, "go-mod"))
	c := client(t, s, servertest.Serve(t, s), Options{})
	for want, f := range map[string]Filter{
		"[index-a index-a index-b go-mod]": {},
		"[index-a index-a index-b]":        {Prefix: "index-"},
		"[index-a index-b go-mod]":         {Ref: mainRef},
		"[index-a index-b]":                {Prefix: "index-", Ref: mainRef},
		"[]":                               {Prefix: "none"},
	} {
		have, err := c.List(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(keys(have)) != want {
			t.Errorf("%+v: have %v, want %v", f, keys(have), want)
		}
	}
}

// churn deletes and makes entries behind the back of a listing.
type churn struct {
	t      *testing.T
	client *Client // not disturbed itself
	cache  *actionscache.Cache
	random *rand.Rand

	mu      sync.Mutex
	staying []bkcache.Entry
	made    int
}

func (c *churn) step(*http.Request, *http.Response) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for range min(c.random.IntN(3), len(c.staying)) {
		i := c.random.IntN(len(c.staying))
		if err := c.client.Delete(c.t.Context(), c.staying[i].ID); err != nil {
			c.t.Error(err)
		}
		c.staying = slices.Delete(c.staying, i, i+1)
	}
	for range c.random.IntN(3) {
		c.made++
		if err := c.cache.Save(c.t.Context(), fmt.Sprintf("new-%d", c.made), actionscache.NewBlob([]byte("x"))); err != nil {
			c.t.Error(err)
		}
	}
}

func TestListMissesNothingThatStaysWhileOthersComeAndGo(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	s := servertest.Open(t, cacheserver.Options{}, entries(1050)...)
	token, err := s.RuntimeToken([]cacheserver.RefAccess{{Ref: mainRef, Write: true}}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	undisturbed := direct{Handler: s}
	cache, err := actionscache.New(token, "http://direct", false, actionscache.Opt{Client: &http.Client{Transport: undisturbed}})
	if err != nil {
		t.Fatal(err)
	}
	c := &churn{t: t, cache: cache, random: rand.New(rand.NewPCG(seed, 0))}
	c.client = client(t, s, "http://direct", Options{Transport: undisturbed, Points: 1_000_000})
	before, err := c.client.List(t.Context(), Filter{})
	if err != nil {
		t.Fatal(err)
	}
	c.staying = slices.Clone(before)
	disturbed := client(t, s, "http://direct", Options{Transport: direct{s, c.step}, Points: 1_000_000})
	for range 5 {
		have, err := disturbed.List(t.Context(), Filter{})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range c.staying {
			if !slices.Contains(have, e) {
				t.Fatalf("%s is missing of %d entries", e.Key, len(have))
			}
		}
	}
	if len(c.staying) == len(before) || c.made == 0 {
		t.Error("nothing came or went")
	}
}

func TestListNoticesAnEntryThatSlippedOverAPageBoundary(t *testing.T) {
	s := servertest.Open(t, cacheserver.Options{}, entries(450)...)
	undisturbed := client(t, s, "http://direct", Options{Transport: direct{Handler: s}})
	all, err := undisturbed.List(t.Context(), Filter{})
	if err != nil {
		t.Fatal(err)
	}
	// Once page 1 was read, its first entry goes, and the first of page 2 becomes its last.
	var once sync.Once
	count := &counted{RoundTripper: direct{s, func(req *http.Request, _ *http.Response) {
		if q := req.URL.Query(); q.Get("direction") == "asc" && q.Get("page") == "1" {
			once.Do(func() {
				if err := undisturbed.Delete(t.Context(), all[0].ID); err != nil {
					t.Error(err)
				}
			})
		}
	}}}
	have, err := client(t, s, "http://direct", Options{Transport: count}).List(t.Context(), Filter{})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(have, all[1:]) {
		t.Errorf("have %d entries, want %d", len(have), len(all)-1)
	}
	if want := int64(2 * (1 + 4 + 1)); count.requests.Load() != want {
		t.Errorf("%d requests, want %d", count.requests.Load(), want)
	}
}

// unordered lists entries of one time, from either end by turns, as nothing forbids.
type unordered struct{ count, requests int }

func (u *unordered) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	type cache struct {
		ID int `json:"id"`
	}
	all := make([]cache, u.count)
	for i := range all {
		all[i].ID = i + 1
	}
	if u.requests++; u.requests%2 == 1 {
		slices.Reverse(all)
	}
	page, _ := strconv.Atoi(r.URL.Query().Get("page"))
	size, _ := strconv.Atoi(r.URL.Query().Get("per_page"))
	_ = json.NewEncoder(w).Encode(map[string]any{
		"total_count": u.count, "actions_caches": all[min((page-1)*size, u.count):min(page*size, u.count)],
	})
}

func TestListIsWholeOrAnError(t *testing.T) {
	for _, count := range []int{50, 350, 420, 1000} {
		c := clientWith(t, "http://direct", "t0ken", Options{Transport: direct{Handler: locked(&unordered{count: count})}})
		have, err := c.List(t.Context(), Filter{})
		if err == nil && len(have) != count {
			t.Errorf("%d of %d entries and no error", len(have), count)
		}
		if err != nil && (count == 50 || hint.Of(err) == "") {
			t.Errorf("%d entries: %v", count, err)
		}
	}
}

// locked answers one request at a time.
func locked(h http.Handler) http.Handler {
	var mu sync.Mutex
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		h.ServeHTTP(w, r)
	})
}

func TestListOfTenThousandIsEightTimesFasterThanPageByPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := servertest.Open(t, cacheserver.Options{Latency: 100 * time.Millisecond, Now: time.Now}, entries(10_000)...)
		c := client(t, s, "http://direct", Options{Transport: direct{Handler: s}})
		begin := time.Now()
		all, err := c.List(t.Context(), Filter{})
		if err != nil {
			t.Fatal(err)
		}
		atOnce := time.Since(begin)
		begin = time.Now()
		if _, err := c.listBackwards(t.Context(), Filter{}); err != nil {
			t.Fatal(err)
		}
		oneByOne := time.Since(begin)
		if len(all) != 10_000 || oneByOne < 8*atOnce {
			t.Errorf("%d entries in %v, one page after another in %v", len(all), atOnce, oneByOne)
		}
	})
}

func TestListKeepsFiftyThousandEntriesInLittleMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("the service takes a while to take in so many entries")
	}
	const count, bytesEach = 50_000, 500
	s := servertest.Open(t, cacheserver.Options{}, entries(count)...)
	c := client(t, s, servertest.Serve(t, s), Options{})
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	all, err := c.List(t.Context(), Filter{})
	if err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if kept := int64(after.HeapAlloc) - int64(before.HeapAlloc); kept > count*bytesEach {
		t.Errorf("they take %d bytes", kept)
	}
	if len(all) != count {
		t.Errorf("have %d entries", len(all))
	}
}
