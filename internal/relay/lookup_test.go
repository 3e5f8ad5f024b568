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
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
)

// looksUp passes requests on to a service, and tells which of the layers were looked up since it was asked last.
func looksUp(t *testing.T, u upstream, layers []layer) (passes upstream, asked func() []int) {
	t.Helper()
	var mu sync.Mutex
	var found []int
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
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

// A lookup is a use: whoever has no index to read takes what was used for what is needed.
func TestALayerIsLookedUpWithThoseBelowItAndNoOthers(t *testing.T) {
	layers := make([]layer, 6)
	for i := range layers {
		layers[i] = newLayer(uint64(i), 1000)
	}
	u := serve(t, cacheserver.Options{})
	if err := export(t.Context(), u.client(t), "app", layers[:5]...); err != nil {
		t.Fatal(err)
	}
	// In another scope, the fifth layer stands on the second one.
	if err := export(t.Context(), u.client(t), "web", layers[1], layers[4]); err != nil {
		t.Fatal(err)
	}
	passes, asked := looksUp(t, u, layers)
	for name, test := range map[string]struct {
		scopes []string
		lookup int
		want   []int
	}{
		"the lowest one":             {[]string{"app"}, 0, []int{0}},
		"one in between":             {[]string{"app"}, 2, []int{0, 1, 2}},
		"one that stands on several": {[]string{"app", "web"}, 4, []int{4}},
		"one above such":             {[]string{"app", "web"}, 3, []int{1, 2, 3}},
		"one that no index names":    {[]string{"app"}, 5, nil},
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t, passes)
			r.Prefetch(t.Context(), test.scopes...)
			c := r.client(t)
			importIndex(t, c)
			if got := asked(); got != nil {
				t.Errorf("the import of an index looks up the layers %v", got)
			}
			for range 2 {
				if _, err := c.Load(t.Context(), layers[test.lookup].key); err != nil {
					t.Fatal(err)
				}
				if got := asked(); test.lookup < 5 && !slices.Equal(got, test.want) {
					t.Errorf("looked up %v, want %v", got, test.want)
				}
				test.want = nil
			}
		})
	}
	t.Run("an export of fewer layers", func(t *testing.T) {
		r := start(t, passes)
		c := r.client(t)
		importIndex(t, c)
		if err := export(t.Context(), c, "app", layers[2], layers[1], layers[0], layers[5]); err != nil {
			t.Fatal(err)
		}
		if got := asked(); !slices.Equal(got, []int{0, 1, 2}) {
			t.Errorf("looked up %v", got)
		}
		if s := r.Stats(); s.Layers != 1 || s.Reused != 3 {
			t.Errorf("%+v", s)
		}
	})
}

func TestLayersThatAreReadAtOnceAreLookedUpTwiceAtMost(t *testing.T) {
	var layers []layer
	for i := range uint64(40) {
		layers = append(layers, newLayer(i, 10))
	}
	u := serve(t, cacheserver.Options{})
	if err := export(t.Context(), u.client(t), "app", layers...); err != nil {
		t.Fatal(err)
	}
	passes, asked := looksUp(t, u, layers)
	r := start(t, passes)
	c := r.client(t)
	importIndex(t, c)
	var readers sync.WaitGroup
	for _, l := range layers {
		readers.Go(func() {
			if e, err := c.Load(t.Context(), l.key); e == nil || err != nil {
				t.Errorf("%v, %v", e, err)
			}
		})
	}
	readers.Wait()
	if n := len(asked()); n < len(layers) || n > 2*len(layers) {
		t.Errorf("%d lookups of %d layers", n, len(layers))
	}
}
