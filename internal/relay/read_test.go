package relay

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"sync"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/servertest"
	actionscache "github.com/tonistiigi/go-actions-cache"
)

func readAll(t testing.TB, resp *http.Response) string {
	t.Helper()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestALargeLayerIsReadInParallel(t *testing.T) {
	for name, test := range map[string]struct {
		fault  string
		memory int64
		index  bool
	}{
		"of which an index tells the size":    {"", 0, true},
		"of unknown size":                     {"", 0, false},
		"with little memory":                  {"", 16 << 20, true},
		"over connections that are cut":       {"GET /devstore*:cut=3000000:5", 0, true},
		"from a service that fails":           {"GET /devstore*:503:5", 0, true},
		"from a service that throttles":       {"GET /devstore*:429:3:1", 0, true},
		"over one connection that is cut":     {"GET /devstore*:cut=3000000:3", 16 << 20, false},
		"through URLs that have expired once": {"GET /devstore*:403:1", 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLayer(1, 70<<20+13)
			var opts cacheserver.Options
			if test.fault != "" {
				opts.Faults = servertest.Faults(t, test.fault)
			}
			u := serve(t, opts)
			if err := export(t.Context(), u.client(t), "app", l); err != nil { // which reads nothing
				t.Fatal(err)
			}
			r := start(t, u, func(o *Options) { o.Memory = test.memory })
			c := r.client(t)
			importIndex(t, c)
			if !test.index {
				r.mu.Lock()
				r.sizes[l.key] = 0
				r.mu.Unlock()
			}
			if got := load(t, c, l.key); !bytes.Equal(got, l.content) {
				t.Errorf("%d bytes that differ from the %d saved", len(got), len(l.content))
			}
			e, err := c.Load(t.Context(), l.key)
			if err != nil {
				t.Fatal(err)
			}
			part := e.Download(t.Context())
			defer part.Close()
			for _, off := range []int64{1 << 20, 69 << 20, 5<<20 + 1} {
				got := make([]byte, 1<<20)
				if n, err := part.ReadAt(got, off); err != nil && !errors.Is(err, io.EOF) || !bytes.Equal(got[:n], l.content[off:off+int64(n)]) || n == 0 {
					t.Errorf("at %d: %d bytes, %v", off, n, err)
				}
			}
		})
	}
}

// importIndex reads the index first, as every import does.
func importIndex(t *testing.T, c *actionscache.Cache) {
	t.Helper()
	if load(t, c, bkcache.IndexPrefix("app", mainRef, false)+"#") == nil {
		t.Fatal("there is no index")
	}
}

func TestReadersShareTheMemory(t *testing.T) {
	l := newLayer(1, 64<<20)
	u := serve(t, cacheserver.Options{})
	if err := export(t.Context(), u.client(t), "app", l); err != nil {
		t.Fatal(err)
	}
	r := start(t, u, func(o *Options) { o.Memory = 64 << 20 })
	importIndex(t, r.client(t))
	var readers sync.WaitGroup
	for range 6 {
		readers.Go(func() {
			if got := load(t, r.client(t), l.key); !bytes.Equal(got, l.content) {
				t.Errorf("%d bytes", len(got))
			}
		})
	}
	readers.Wait()
	r.hangUp()
	if !r.memory.left.TryAcquire(64 << 20) {
		t.Error("memory was not given back")
	}
	if s := r.Stats(); s.Reads != 6 || s.Read != 6*64<<20 { // an index is not counted
		t.Errorf("%+v", s)
	}
}
