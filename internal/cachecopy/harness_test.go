package cachecopy_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/cachecopy"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/servertest"
	"github.com/docker-ghacache/docker-ghacache/internal/runtimeclient"
)

const mainRef = "refs/heads/main"

// cache is what a build exports: layers and an index.
type cache struct {
	index  cachecopy.Index
	layers map[string][]byte // by digest
}

// cacheOf has n layers. The same seed gives the same layers.
func cacheOf(scope string, signed bool, seed uint64, sizes ...int) cache {
	c := cache{layers: map[string][]byte{}}
	random := rand.New(rand.NewPCG(seed, 1))
	var named []string
	for _, size := range sizes {
		content := make([]byte, size)
		for i := range content {
			content[i] = byte(random.Uint32())
		}
		digest := fmt.Sprintf("sha256:%x", sha256.Sum256(content))
		c.layers[digest] = content
		named = append(named, fmt.Sprintf(`{"blob":%q,"parent":-1,"annotations":{"diffID":%q,"size":%d}}`, digest, digest, size))
	}
	c.index = cachecopy.Index{Key: bkcache.IndexKey(scope, mainRef, signed, 3).String(), Data: fmt.Appendf(nil, `{"layers":[%s]}`, strings.Join(named, ","))}
	return c
}

// service is a running cache service.
type service struct {
	*cacheserver.Server
	url string
}

// serve starts a service that holds entries.
func serve(t *testing.T, opts cacheserver.Options, entries map[string][]byte) service {
	t.Helper()
	s := open(t, opts, entries)
	return service{s, servertest.Serve(t, s)}
}

func open(t *testing.T, opts cacheserver.Options, entries map[string][]byte) *cacheserver.Server {
	t.Helper()
	var all []servertest.Entry
	for key, content := range entries {
		all = append(all, servertest.Entry{Ref: mainRef, Key: key, Content: content})
	}
	return servertest.Open(t, opts, all...)
}

// serveDamaged is a service that gives out bad content in place of good, as one does that never looks at digests.
func serveDamaged(t *testing.T, entries map[string][]byte, good, bad []byte) service {
	t.Helper()
	s := open(t, cacheserver.Options{}, entries)
	return service{s, servertest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		recorded := httptest.NewRecorder()
		s.ServeHTTP(recorded, r)
		body := recorded.Body.Bytes()
		if bytes.Equal(body, good) {
			body = bad
		}
		maps.Copy(w.Header(), recorded.Header())
		w.Header().Del("Content-Length")
		w.WriteHeader(recorded.Code)
		_, err := w.Write(body)
		if err != nil {
			t.Log(err)
		}
	}))}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (s service) runtime(t *testing.T, version int) *runtimeclient.Reader {
	t.Helper()
	token, err := s.RuntimeToken([]cacheserver.RefAccess{{Ref: mainRef, Write: true}}, time.Hour)
	check(t, err)
	r, err := runtimeclient.NewReader(s.url+"/", version, token, "test")
	check(t, err)
	return r
}

func (s service) uploader(t *testing.T) *runtimeclient.Uploader {
	return runtimeclient.NewUploader(s.runtime(t, 2), time.Now)
}

// entriesOf are what a source holds.
func entriesOf(caches ...cache) map[string][]byte {
	entries := map[string][]byte{}
	for _, c := range caches {
		entries[c.index.Key] = c.index.Data
		for digest, content := range c.layers {
			entries[bkcache.LayerKey(digest).String()] = content
		}
	}
	return entries
}

func indexes(caches ...cache) (all []cachecopy.Index) {
	for _, c := range caches {
		all = append(all, c.index)
	}
	return all
}

// wantCopied reads a cache from a service as builds do.
func wantCopied(t *testing.T, s service, c cache) {
	t.Helper()
	r := s.runtime(t, 2)
	key := bkcache.ParseKey(c.index.Key, bkcache.Version)
	data, _, err := r.Read(t.Context(), bkcache.IndexPrefix(key.Scope, mainRef, key.Signed))
	check(t, err)
	x, err := bkcache.ParseIndex(data)
	check(t, err)
	if len(x.Layers) != len(c.layers) {
		t.Errorf("index %s names %d layers", c.index.Key, len(x.Layers))
	}
	for _, l := range x.Layers {
		stream, err := r.Stream(t.Context(), bkcache.LayerKey(l.Digest).String(), l.Size)
		check(t, err)
		content, err := io.ReadAll(stream)
		stream.Close()
		if err != nil || !bytes.Equal(content, c.layers[l.Digest]) {
			t.Errorf("layer %s: %d bytes, %v", l.Digest, len(content), err)
		}
	}
}

// wantNone holds that a service has no such index.
func wantNone(t *testing.T, s service, c cache) {
	t.Helper()
	if there, err := s.runtime(t, 2).Has(t.Context(), c.index.Key); there || err != nil {
		t.Errorf("index %s is there: %t, %v", c.index.Key, there, err)
	}
}
