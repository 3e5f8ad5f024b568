package relay

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	actionscache "github.com/tonistiigi/go-actions-cache"
)

// clock is one that can be put forward.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time          { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *clock) forward(d time.Duration) { c.ahead.Add(int64(d)) }
func (c *clock) of(o *Options)           { o.Now = c.now }

// slowBlob is a layer that a client needs a while to read.
type slowBlob struct{ content []byte }

func (s slowBlob) Size() int64 { return int64(len(s.content)) }

func (s slowBlob) Close() error { return nil }

func (s slowBlob) ReadAt(p []byte, off int64) (int, error) {
	time.Sleep(100 * time.Millisecond)
	return bytes.NewReader(s.content).ReadAt(p, off)
}

// leave has a client begin to export a layer and go in the middle of it.
func leave(t *testing.T, r running, l layer) {
	t.Helper()
	c := r.client(t)
	if b, err := c.Load(t.Context(), l.key); b != nil || err != nil {
		t.Fatal(b, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := c.Save(ctx, l.key, slowBlob{l.content}); err == nil {
		t.Fatal("the layer was sent")
	}
}

func TestAnExportAfterOneThatWasCancelledSendsTheLayer(t *testing.T) {
	t.Parallel()
	var c clock
	u := serve(t, cacheserver.Options{})
	r := start(t, u, c.of)
	l := newLayer(1, 12<<20)
	leave(t, r, l)
	c.forward(abandoned + time.Second)
	if err := export(t.Context(), r.client(t), "app", l); err != nil {
		t.Fatal(err)
	}
	if n := checkIndexes(t, u); n != 1 {
		t.Errorf("%d indexes", n)
	}
}

func TestALayerOfTheServiceIsReadThoughAnExportOfItWasCancelled(t *testing.T) {
	t.Parallel()
	for name, later := range map[string]time.Duration{"at once": 0, "later": abandoned + time.Second} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var c clock
			u := serve(t, cacheserver.Options{})
			l := newLayer(1, 12<<20)
			if err := export(t.Context(), u.client(t), "app", l); err != nil {
				t.Fatal(err)
			}
			r := start(t, u, c.of)
			r.abandoned = 2 * time.Second
			leave(t, r, l)
			c.forward(later)
			importIndex(t, r.client(t))
			if got := load(t, r.client(t), l.key); !bytes.Equal(got, l.content) {
				t.Errorf("%d bytes", len(got))
			}
		})
	}
}

// A client that neither sends nor goes, as one of a builder that is paused.
func TestAClientThatStopsInABlockIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	u := serve(t, cacheserver.Options{})
	r := start(t, u)
	r.abandoned = 2 * time.Second
	l := newLayer(1, 1000)
	body, half := io.Pipe()
	req, err := http.NewRequest("PUT", reserveThrough(t, r, l.key)+"&comp=block&blockid=MQ==", body)
	if err != nil {
		t.Fatal(err)
	}
	req.ContentLength = int64(len(l.content))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if resp, err := http.DefaultClient.Do(req); err == nil {
			resp.Body.Close()
		}
	}()
	defer func() {
		half.CloseWithError(io.ErrUnexpectedEOF)
		<-ended
	}()
	if _, err := half.Write(l.content[:500]); err != nil {
		t.Fatal(err)
	}
	time.Sleep(r.abandoned + 500*time.Millisecond)
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	if err := export(ctx, r.client(t), "app", l); err != nil {
		t.Error(err)
	}
}

// reserveThrough returns the URL to which a client of the relay sends an entry.
func reserveThrough(t *testing.T, r running, key string) string {
	t.Helper()
	base, token := r.Environment(r.address)
	req, err := http.NewRequestWithContext(t.Context(), "POST", base+"twirp/github.actions.results.api.v1.CacheService/CreateCacheEntry",
		strings.NewReader(fmt.Sprintf(`{"key":%q,"version":%q}`, key, bkcache.Version)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	_, after, _ := strings.Cut(readAll(t, resp), `"signed_upload_url":"`)
	to, _, _ := strings.Cut(after, `"`)
	return strings.ReplaceAll(to, `\u0026`, "&")
}

// Another job deletes a layer and sends it again: it has another URL then.
func TestALayerThatWasSentAgainIsRead(t *testing.T) {
	t.Parallel()
	for name, again := range map[string]func(*testing.T, upstream, running, *clock, layer) error{
		"by another job": func(t *testing.T, u upstream, _ running, _ *clock, l layer) error {
			return save(t.Context(), u.client(t), l)
		},
		"by this relay": func(t *testing.T, _ upstream, r running, c *clock, l layer) error {
			c.forward(remembered + time.Minute)
			return export(t.Context(), r.client(t), "app", l)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var c clock
			u := serve(t, cacheserver.Options{})
			l := newLayer(1, 1000)
			if err := export(t.Context(), u.client(t), "app", l); err != nil {
				t.Fatal(err)
			}
			r := start(t, u, c.of)
			importIndex(t, r.client(t))
			if got := load(t, r.client(t), l.key); !bytes.Equal(got, l.content) {
				t.Fatalf("%d bytes", len(got))
			}
			remove(t, u, l.key)
			if err := again(t, u, r, &c, l); err != nil {
				t.Fatal(err)
			}
			if got := load(t, r.client(t), l.key); !bytes.Equal(got, l.content) {
				t.Errorf("%d bytes after it was sent again", len(got))
			}
		})
	}
}

// A layer counts as present for a minute, and the upload of another one may take longer.
func TestNoIndexReferencesALayerThatWentDuringAnUpload(t *testing.T) {
	t.Parallel()
	var c clock
	u := serve(t, cacheserver.Options{})
	gone, slow := newLayer(1, 1000), newLayer(2, 1000)
	if err := export(t.Context(), u.client(t), "app", gone); err != nil {
		t.Fatal(err)
	}
	reached, release := make(chan struct{}), make(chan struct{})
	held := hold(t, u, func(path string, body []byte) bool {
		return strings.HasSuffix(path, "/FinalizeCacheEntryUpload") && bytes.Contains(body, []byte(slow.key))
	}, reached, release)
	r := start(t, held, c.of)
	client := r.client(t)
	importIndex(t, client)
	done := make(chan error)
	go func() { done <- export(t.Context(), client, "app", gone, slow) }()
	<-reached
	time.Sleep(500 * time.Millisecond) // in which the index comes to wait for its layers
	remove(t, u, gone.key)
	c.forward(20 * time.Minute)
	close(release)
	if err := <-done; err == nil || !strings.Contains(err.Error(), "not in the cache") {
		t.Errorf("the export ends with %v", err)
	}
	token := u.client(t)
	if e, err := token.Load(t.Context(), bkcache.IndexPrefix("app", mainRef, false)+"2"); e != nil || err != nil {
		t.Errorf("there is an index: %v, %v", e, err)
	}
}

func TestReadersLeaveMemoryToUploads(t *testing.T) {
	t.Parallel()
	l := newLayer(1, 80<<20)
	u := serve(t, cacheserver.Options{})
	if err := export(t.Context(), u.client(t), "app", l); err != nil {
		t.Fatal(err)
	}
	r := start(t, u)
	c := r.client(t)
	importIndex(t, c)
	e, err := c.Load(t.Context(), l.key)
	if err != nil || e == nil {
		t.Fatal(e, err)
	}
	for range 4 {
		resp, err := http.Get(e.URL)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if _, err := io.ReadFull(resp.Body, make([]byte, 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	if err := c.Save(ctx, newLayer(2, 9<<20).key, actionscache.NewBlob(newLayer(2, 9<<20).content)); err != nil {
		t.Errorf("an upload beside four readers: %v", err)
	}
}
