package relay

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/servertest"
	actionscache "github.com/tonistiigi/go-actions-cache"
)

func TestTwoBuildsAtOnceInOneScope(t *testing.T) {
	for name, relays := range map[string]int{"with one relay": 1, "with a relay each": 2} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := serve(t, cacheserver.Options{Latency: 5 * time.Millisecond})
			one := start(t, u)
			two := one
			if relays == 2 {
				two = start(t, u)
			}
			shared := []layer{newLayer(1, 300), newLayer(2, 6<<20), newLayer(3, 200<<10)}
			var builds sync.WaitGroup
			for i, r := range []running{one, two} {
				builds.Go(func() {
					if err := export(t.Context(), r.client(t), "app", append([]layer{newLayer(uint64(10+i), 1<<20)}, shared...)...); err != nil {
						t.Errorf("build %d: %v", i, err)
					}
				})
			}
			builds.Wait()
			if n := checkIndexes(t, u); n != 2 {
				t.Errorf("%d indexes", n)
			}
		})
	}
}

// reserve begins an upload upstream, as another job does, and returns its key's upload.
func reserve(t *testing.T, u upstream, l layer) (complete func()) {
	t.Helper()
	begun, goOn, done := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		done <- u.client(t).Save(context.WithoutCancel(t.Context()), l.key, &halting{actionscache.NewBlob(l.content), begun, goOn, sync.Once{}})
	}()
	<-begun
	finish := sync.OnceFunc(func() {
		close(goOn)
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(finish)
	return finish
}

// halting is a blob that is not read on before it may.
type halting struct {
	actionscache.Blob
	begun, goOn chan struct{}
	once        sync.Once
}

func (h *halting) ReadAt(p []byte, off int64) (int, error) {
	h.once.Do(func() { close(h.begun); <-h.goOn })
	return h.Blob.ReadAt(p, off)
}

func TestALayerThatAnotherJobIsSending(t *testing.T) {
	l := newLayer(1, 100)
	t.Run("is waited for", func(t *testing.T) {
		u := serve(t, cacheserver.Options{})
		complete := reserve(t, u, l)
		time.AfterFunc(500*time.Millisecond, complete)
		if err := export(t.Context(), start(t, u).client(t), "app", l); err != nil {
			t.Fatal(err)
		}
		if n := checkIndexes(t, u); n != 1 {
			t.Errorf("%d indexes", n)
		}
	})
	t.Run("and does not complete fails the export", func(t *testing.T) {
		u := serve(t, cacheserver.Options{})
		reserve(t, u, l)
		err := export(t.Context(), impatient(start(t, u)).client(t), "app", l)
		if err == nil || !strings.Contains(err.Error(), "another job has reserved it") || checkIndexes(t, u) != 0 {
			t.Errorf("%v", err)
		}
	})
}

func TestAnExportOfWhatIsThereSendsNothing(t *testing.T) {
	u := serve(t, cacheserver.Options{})
	var layers []layer
	for i := range uint64(40) {
		layers = append(layers, newLayer(i, 1000))
	}
	if err := export(t.Context(), u.client(t), "app", layers...); err != nil {
		t.Fatal(err)
	}
	r := start(t, u)
	r.Prefetch(t.Context(), "app", "unknown")
	if err := export(t.Context(), r.client(t), "app", layers...); err != nil {
		t.Fatal(err)
	}
	if s := r.Stats(); s.Layers != 0 || s.Reused != 40 || s.Indexes != 1 || checkIndexes(t, u) != 2 {
		t.Errorf("%+v", s)
	}
}

func TestALayerThatWasDeletedDuringTheBuildFailsTheExport(t *testing.T) {
	now := time.Now()
	u := serve(t, cacheserver.Options{})
	l := newLayer(1, 1000)
	if err := export(t.Context(), u.client(t), "app", l); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	r := start(t, u, func(o *Options) {
		o.Now = func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	})
	r.Prefetch(t.Context(), "app")
	if err := save(t.Context(), r.client(t), l); err != nil { // which finds it, as an import does
		t.Fatal(err)
	}
	remove(t, u, l.key)
	mu.Lock()
	now = now.Add(2 * time.Minute)
	mu.Unlock()
	err := export(t.Context(), r.client(t), "app", l)
	if err == nil || !strings.Contains(err.Error(), "is not in the cache") {
		t.Errorf("%v", err)
	}
	// The next export sends it.
	if err := export(t.Context(), r.client(t), "other", l); err != nil {
		t.Error(err)
	}
}

func remove(t *testing.T, u upstream, key string) {
	t.Helper()
	token, err := u.RESTToken(true, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), "DELETE", fmt.Sprintf("%s/repos/%s/actions/caches?key=%s", u.url, u.Repository, key), nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil || resp.StatusCode != 200 {
		t.Fatal(resp, err)
	}
	resp.Body.Close()
}

func TestATokenThatOnlyReads(t *testing.T) {
	u := serve(t, cacheserver.Options{})
	l := newLayer(1, 1000)
	if err := export(t.Context(), u.client(t), "app", l); err != nil {
		t.Fatal(err)
	}
	r := start(t, u, func(o *Options) { o.Upstream.Token = u.token(t, cacheserver.RefAccess{Ref: mainRef}) })
	if got := load(t, r.client(t), l.key); string(got) != string(l.content) {
		t.Errorf("%d bytes", len(got))
	}
	if err := r.client(t).Save(t.Context(), "key", actionscache.NewBlob(nil)); err == nil {
		t.Error("it could write")
	}
}

// hasIndex reports whether the relay has the content of an index.
func (r running) hasIndex() bool {
	r.mu.Lock()
	uploads := slices.Collect(maps.Values(r.uploads))
	r.mu.Unlock()
	return slices.ContainsFunc(uploads, func(u upload) bool {
		x, ok := u.(*index)
		if !ok {
			return false
		}
		x.mu.Lock()
		defer x.mu.Unlock()
		return x.put != nil
	})
}

func TestClosing(t *testing.T) {
	small, large := newLayer(1, 1000), newLayer(2, 20<<20)
	t.Run("finishes the layers that were sent completely", func(t *testing.T) {
		u := serve(t, cacheserver.Options{Latency: 50 * time.Millisecond})
		r := start(t, u)
		for _, l := range []layer{small, large} {
			if err := save(t.Context(), r.client(t), l); err != nil {
				t.Fatal(err)
			}
		}
		if err := r.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if n := len(list(t, u)); n != 2 {
			t.Errorf("%d entries", n)
		}
	})
	t.Run("aborts at once when its time is over", func(t *testing.T) {
		u := serve(t, cacheserver.Options{Latency: 500 * time.Millisecond})
		r := start(t, u)
		if err := save(t.Context(), r.client(t), large); err != nil {
			t.Fatal(err)
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		begun := time.Now()
		if err := r.Close(ended); err == nil || time.Since(begun) > 300*time.Millisecond {
			t.Errorf("%v after %s", err, time.Since(begun))
		}
		if n := len(list(t, u)); n != 0 {
			t.Errorf("%d entries", n)
		}
	})
	t.Run("commits no index", func(t *testing.T) {
		u := serve(t, cacheserver.Options{Faults: servertest.Faults(t, "PUT *?*comp=block&*:503")})
		r := start(t, u)
		exported := make(chan error, 1)
		go func() { exported <- export(t.Context(), r.client(t), "app", small, large) }()
		for !r.hasIndex() { // go-actions-cache takes an index for written whose content was refused
			select {
			case err := <-exported:
				t.Fatalf("the export ended before its index was there: %v", err)
			case <-time.After(10 * time.Millisecond):
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		_ = r.Close(ctx)
		if err := <-exported; err == nil {
			t.Error("the export succeeded")
		}
		if n := checkIndexes(t, u); n != 0 {
			t.Errorf("%d indexes", n)
		}
	})
}

func TestEveryReplyHasARequestID(t *testing.T) {
	// Without it on the last reply of an upload, buildkitd panics.
	u := serve(t, cacheserver.Options{})
	r := start(t, u)
	base, token := r.Environment(r.address)
	send := func(method, url, body string) string {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("X-Ms-Blob-Type", "BlockBlob")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if resp.Header.Get("X-Ms-Request-Id") == "" {
			t.Errorf("%s %s: %d without one", method, req.URL.Path, resp.StatusCode)
		}
		return readAll(t, resp)
	}
	const methods = "twirp/github.actions.results.api.v1.CacheService/"
	key := newLayer(1, 5).key
	reply := send("POST", base+methods+"CreateCacheEntry", fmt.Sprintf(`{"key":%q,"version":%q}`, key, bkcache.Version))
	_, url, _ := strings.Cut(reply, `"signed_upload_url":"`)
	url, _, _ = strings.Cut(url, `"`)
	url = strings.ReplaceAll(url, `\u0026`, "&")
	send("PUT", url+"&comp=block&blockid=QQ==", "hello")
	send("PUT", url+"&comp=blocklist", "<BlockList><Latest>none</Latest></BlockList>") // is refused
	send("PUT", url+"&comp=blocklist", "<BlockList><Latest>QQ==</Latest></BlockList>")
	send("POST", base+methods+"FinalizeCacheEntryUpload", fmt.Sprintf(`{"key":%q,"version":%q,"size_bytes":5}`, key, bkcache.Version))
	send("GET", url, "")
}
