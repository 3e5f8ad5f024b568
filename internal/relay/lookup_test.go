package relay

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
)

// looksUp passes requests on to a service, each after a while, and tells the places of the layers that were looked up since
// it was asked last, sorted.
func looksUp(t *testing.T, u upstream, layers []layer, takes time.Duration) (passes upstream, asked func() []int) {
	t.Helper()
	var mu sync.Mutex
	var found []int
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		time.Sleep(takes)
		if path.Base(req.URL.Path) == "GetCacheEntryDownloadURL" {
			body, err := io.ReadAll(req.Body)
			if err != nil {
				t.Error(err)
			}
			req.Body = io.NopCloser(bytes.NewReader(body))
			mu.Lock()
			for i, l := range layers {
				if strings.Contains(string(body), l.key) {
					found = append(found, i)
				}
			}
			mu.Unlock()
		}
		u.ServeHTTP(w, req)
	}))
	t.Cleanup(server.Close)
	return upstream{u.Server, server.URL}, func() []int {
		mu.Lock()
		defer mu.Unlock()
		all := found
		found = nil
		slices.Sort(all)
		return all
	}
}

// sortedLayers are in the order in which BuildKit asks for them.
func sortedLayers(n int) []layer {
	layers := make([]layer, n)
	for i := range layers {
		layers[i] = newLayer(uint64(i), 1000)
	}
	slices.SortFunc(layers, func(a, b layer) int { return strings.Compare(a.key, b.key) })
	return layers
}

// A lookup is a use: whoever has no index to read takes what was used for what is needed.
func TestOnlyLayersNextToARowAreLookedUpAhead(t *testing.T) {
	layers := sortedLayers(40)
	u := serve(t, cacheserver.Options{})
	if err := export(t.Context(), u.client(t), "app", layers...); err != nil {
		t.Fatal(err)
	}
	// The index of another scope has some of them, and does not matter.
	if err := export(t.Context(), u.client(t), "web", layers[3], layers[20]); err != nil {
		t.Fatal(err)
	}
	passes, asked := looksUp(t, u, layers, 0)
	for name, test := range map[string]struct {
		lookups []int
		ahead   int // up to which layer
	}{
		"a short row":                {from(0, rowOf-1), rowOf - 1},
		"a long row":                 {from(0, rowOf), 2 * rowOf},
		"a longer row":               {from(0, rowOf+2), 2 * (rowOf + 2)},
		"a row after one left out":   {append([]int{0, 1}, from(3, 3+rowOf)...), 3 + 2*rowOf},
		"one left out in each row":   {append(from(0, rowOf-1), from(rowOf, 2*rowOf-1)...), 2*rowOf - 1},
		"a row up to the last layer": {from(10, 40), 40},
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t, passes)
			r.Prefetch(t.Context(), "app", "web")
			c := r.client(t)
			importIndex(t, c)
			if got := asked(); got != nil {
				t.Errorf("to read indexes looks up the layers %v", got)
			}
			want := slices.Clone(test.lookups)
			for last := want[len(want)-1]; last+1 < test.ahead; last++ {
				want = append(want, last+1)
			}
			for range 2 {
				for _, i := range test.lookups {
					if b, err := c.Load(t.Context(), layers[i].key); err != nil || b == nil {
						t.Fatal(b, err)
					}
				}
			}
			var got []int
			if !within(t, func() bool { got = append(got, asked()...); return len(got) >= len(want) }) || !slices.Equal(slices.Sorted(slices.Values(got)), want) {
				t.Errorf("looked up %v, want %v", got, want)
			}
		})
	}
}

func from(first, end int) (all []int) {
	for i := first; i < end; i++ {
		all = append(all, i)
	}
	return all
}

func within(t *testing.T, done func() bool) bool {
	t.Helper()
	for range 200 {
		if done() {
			return true
		}
		time.Sleep(10 * time.Millisecond)
	}
	return false
}

// The layers were deleted, and the index is still there: none is asked for more than twice.
func TestAnExportOfLayersThatAreGoneLooksThemUpTwiceAtMost(t *testing.T) {
	layers := sortedLayers(100)
	u := serve(t, cacheserver.Options{})
	if err := export(t.Context(), u.client(t), "app", layers...); err != nil {
		t.Fatal(err)
	}
	for _, l := range layers {
		remove(t, u, l.key)
	}
	passes, asked := looksUp(t, u, layers, 5*time.Millisecond)
	r := start(t, passes)
	c := r.client(t)
	importIndex(t, c)
	if err := export(t.Context(), c, "app", layers...); err != nil {
		t.Fatal(err)
	}
	if n := len(asked()); n > 2*len(layers) {
		t.Errorf("%d lookups of %d layers", n, len(layers))
	}
	if s := r.Stats(); s.Layers != len(layers) || s.Reused != 0 {
		t.Errorf("%+v", s)
	}
}

func TestLayersThatAreThereAreLookedUpAtTheSameTime(t *testing.T) {
	layers := sortedLayers(100)
	u := serve(t, cacheserver.Options{})
	if err := export(t.Context(), u.client(t), "app", layers...); err != nil {
		t.Fatal(err)
	}
	var under, most atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if n := under.Add(1); n > most.Load() { // a race makes it less
			most.Store(n)
		}
		defer under.Add(-1)
		time.Sleep(20 * time.Millisecond)
		u.ServeHTTP(w, req)
	}))
	t.Cleanup(server.Close)
	r := start(t, upstream{u.Server, server.URL})
	c := r.client(t)
	importIndex(t, c)
	for _, l := range layers {
		if err := save(t.Context(), c, l); err != nil {
			t.Fatal(err)
		}
	}
	if n := most.Load(); n < rowOf || n > maxAhead+1 {
		t.Errorf("at most %d lookups at a time", n)
	}
	if err := saveIndex(t.Context(), c, bkcache.IndexPrefix("app", mainRef, false), indexOf(layers...)); err != nil {
		t.Fatal(err)
	}
	if s := r.Stats(); s.Reused != len(layers) {
		t.Errorf("%+v", s)
	}
}
