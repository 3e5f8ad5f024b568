package relay

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/servertest"
	cacheconfig "github.com/moby/buildkit/cache/remotecache/v1/types"
	"github.com/opencontainers/go-digest"
	actionscache "github.com/tonistiigi/go-actions-cache"
)

const mainRef = "refs/heads/main"

// log collects what is logged.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// upstream is a running cache service.
type upstream struct {
	*cacheserver.Server
	url string
}

func serve(t testing.TB, opts cacheserver.Options) upstream {
	t.Helper()
	opts.Dir = servertest.Dir(t)
	opts.Log = t.Output()
	s, err := cacheserver.Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s)
	t.Cleanup(func() {
		server.Close()
		if err := s.Close(); err != nil {
			t.Errorf("closing the service: %v", err)
		}
	})
	return upstream{s, server.URL}
}

func (u upstream) token(t testing.TB, refs ...cacheserver.RefAccess) string {
	t.Helper()
	if refs == nil {
		refs = []cacheserver.RefAccess{{Ref: mainRef, Write: true}}
	}
	token, err := u.RuntimeToken(refs, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// client is BuildKit's client of the service itself.
func (u upstream) client(t testing.TB, refs ...cacheserver.RefAccess) *actionscache.Cache {
	return newClient(t, u.url, u.token(t, refs...))
}

func newClient(t testing.TB, url, token string) *actionscache.Cache {
	t.Helper()
	c, err := actionscache.New(token, url, true, actionscache.Opt{Client: &http.Client{Transport: &http.Transport{}}, BackoffPool: &actionscache.BackoffPool{}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// running is a relay that clients reach.
type running struct {
	*Relay
	address string
	log     *log
	hangUp  func() // ends the connections and waits for the requests: a client has its reply before a request ends
}

func start(t testing.TB, u upstream, change ...func(*Options)) running {
	t.Helper()
	l := &log{}
	opts := Options{Upstream: Upstream{URL: u.url, Token: u.token(t)}, Log: l}
	for _, f := range change {
		f(&opts)
	}
	r, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(r)
	t.Cleanup(func() {
		gone, cancel := context.WithCancel(context.Background())
		cancel()
		_ = r.Close(gone)
		server.Close()
		if t.Failed() {
			t.Logf("log of the relay:\n%s", l)
		}
	})
	return running{r, server.Listener.Addr().String(), l, server.Close}
}

// client is BuildKit's client of the relay.
func (r running) client(t testing.TB) *actionscache.Cache {
	url, token := r.Environment(r.address)
	return newClient(t, url, token)
}

// layer is a layer to export.
type layer struct {
	key     string
	content []byte
}

func newLayer(seed uint64, size int) layer {
	content := randomBytes(seed, size)
	return layer{bkcache.LayerKey(fmt.Sprintf("sha256:%x", sha256.Sum256(content))).String(), content}
}

func randomBytes(seed uint64, size int) []byte {
	b := make([]byte, size)
	r := rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8), byte(seed >> 16)})
	_, _ = r.Read(b)
	return b
}

// save exports a layer as BuildKit does: it looks it up, and writes it unless it is there.
func save(ctx context.Context, c *actionscache.Cache, l layer) error {
	found, err := c.Load(ctx, l.key)
	if err != nil || found != nil {
		return err
	}
	if err := c.Save(ctx, l.key, actionscache.NewBlob(l.content)); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	return nil
}

// export exports layers and their index as BuildKit does.
func export(ctx context.Context, c *actionscache.Cache, scope string, layers ...layer) error {
	for _, l := range layers {
		if err := save(ctx, c, l); err != nil {
			return err
		}
	}
	return saveIndex(ctx, c, bkcache.IndexPrefix(scope, mainRef, false), indexOf(layers...))
}

// saveIndex writes the next index behind a prefix.
func saveIndex(ctx context.Context, c *actionscache.Cache, prefix string, content []byte) error {
	return c.SaveMutable(ctx, prefix, time.Second, func(*actionscache.Entry) (actionscache.Blob, error) {
		return actionscache.NewBlob(content), nil
	})
}

func indexOf(layers ...layer) []byte {
	var config cacheconfig.CacheConfig
	for i, l := range layers {
		d := digest.Digest(bkcache.ParseKey(l.key, bkcache.Version).Digest)
		config.Layers = append(config.Layers, cacheconfig.CacheLayer{
			Blob: d, ParentIndex: i - 1,
			Annotations: &cacheconfig.LayerAnnotations{MediaType: "application/vnd.oci.image.layer.v1.tar", DiffID: d, Size: int64(len(l.content))},
		})
		config.Records = append(config.Records, cacheconfig.CacheRecord{Digest: d, Results: []cacheconfig.CacheResult{{LayerIndex: i}}})
	}
	data, err := json.Marshal(config)
	if err != nil {
		panic(err)
	}
	return data
}

// load returns the content of an entry, nil if there is none.
func load(t testing.TB, c *actionscache.Cache, key string) []byte {
	t.Helper()
	e, err := c.Load(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	if e == nil {
		return nil
	}
	var content bytes.Buffer
	if err := e.WriteTo(t.Context(), &content); err != nil {
		t.Fatal(err)
	}
	return append([]byte{}, content.Bytes()...)
}

// checkIndexes fails if an index of the service references a layer that is not there, or not what its digest says. It
// returns the number of indexes.
func checkIndexes(t testing.TB, u upstream) int {
	t.Helper()
	entries := list(t, u)
	whole, indexes := map[string]bool{}, 0
	c := u.client(t)
	for _, key := range entries {
		k := bkcache.ParseKey(key, bkcache.Version)
		if k.Kind != bkcache.KindLayer {
			continue
		}
		if d := fmt.Sprintf("sha256:%x", sha256.Sum256(load(t, c, key))); d != k.Digest {
			t.Errorf("%s has other content", key)
		}
		whole[k.Digest] = true
	}
	for _, key := range entries {
		if bkcache.ParseKey(key, bkcache.Version).Kind != bkcache.KindIndex {
			continue
		}
		indexes++
		parsed, err := bkcache.ParseIndex(load(t, c, key))
		if err != nil {
			t.Errorf("%s: %v", key, err)
			continue
		}
		for _, l := range parsed.Layers {
			if !whole[l.Digest] {
				t.Errorf("%s references %s, which is not there", key, l.Digest)
			}
		}
	}
	return indexes
}

// list returns the keys of all entries.
func list(t testing.TB, u upstream) (keys []string) {
	t.Helper()
	token, err := u.RESTToken(false, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	for page := 1; ; page++ {
		req, err := http.NewRequestWithContext(t.Context(), "GET", fmt.Sprintf("%s/repos/%s/actions/caches?per_page=100&page=%d", u.url, u.Repository, page), nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != 200 {
			t.Fatalf("%s: %s, %v", resp.Status, data, err)
		}
		var caches struct {
			Items []struct{ Key string } `json:"actions_caches"`
		}
		if err := json.Unmarshal(data, &caches); err != nil {
			t.Fatal(err)
		}
		for _, i := range caches.Items {
			keys = append(keys, i.Key)
		}
		if len(caches.Items) < 100 {
			return keys
		}
	}
}
