package cacheclient

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/servertest"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/store"
)

const mainRef = "refs/heads/main"

// TestMain keeps the developer's own login and environment out of the tests.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "gh-config-")
	if err != nil {
		panic(err)
	}
	hosts := "github.com:\n    oauth_token: login-github\nghes.example:\n    oauth_token: login-ghes\n"
	if err := os.WriteFile(dir+"/hosts.yml", []byte(hosts), 0o600); err != nil {
		panic(err)
	}
	for _, name := range []string{"GH_TOKEN", "GITHUB_TOKEN", "GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN", "GH_HOST", "GH_REPO"} {
		os.Unsetenv(name)
	}
	os.Setenv("GH_CONFIG_DIR", dir)
	os.Setenv("GH_PATH", dir+"/no-gh")
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// item is an entry to begin with.
type item struct {
	store.Name
	content string
}

func entry(ref, key string) item {
	return item{store.Name{Ref: ref, Version: bkcache.Version, Key: key}, ""}
}

func entries(n int) []item {
	items := make([]item, n)
	for i := range items {
		items[i] = entry(mainRef, fmt.Sprintf("buildkit-blob-1-sha256:%064x", i))
	}
	return items
}

// open opens a service that holds items, created a second apart up to now.
func open(t testing.TB, opts cacheserver.Options, items ...item) *cacheserver.Server {
	t.Helper()
	opts.Dir = servertest.Dir(t)
	if opts.Now == nil {
		opts.Now = time.Now
	}
	fill(t, opts.Dir, opts.Now(), items)
	server, err := cacheserver.Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Errorf("closing the service: %v", err)
		}
	})
	return server
}

const many = 1500

// fill stores items in a folder. Very many are stored together, and at one time:
// the store waits to write them at once.
func fill(t testing.TB, dir string, now time.Time, items []item) {
	t.Helper()
	at, together := now.Add(-time.Duration(len(items))*time.Second), 1
	if len(items) > many {
		at, together = now, many
	}
	s, err := store.Open(dir, store.Options{
		Limits: store.Limits{Size: 1 << 40, Age: 1000 * time.Hour},
		Idle:   time.Hour,
		Now:    func() time.Time { return at },
		Warn:   func(err error) { t.Error(err) },
	})
	if err != nil {
		t.Fatal(err)
	}
	var group errgroup.Group
	group.SetLimit(together)
	for _, it := range items {
		group.Go(func() error { return put(s, it) })
		if together == 1 {
			err = errors.Join(err, group.Wait())
			at = at.Add(time.Second)
		}
	}
	if err := errors.Join(err, group.Wait(), s.Close()); err != nil {
		t.Fatal(err)
	}
}

func put(s *store.Store, it item) error {
	size := int64(len(it.content))
	id, err := s.Reserve(it.Name, it.Key)
	if err != nil {
		return err
	}
	if err := s.WriteChunk(id, 0, size, strings.NewReader(it.content)); err != nil {
		return err
	}
	return s.Finish(id, size)
}

// serve lets a service answer on a socket.
func serve(t testing.TB, handler http.Handler) string {
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

func faults(t testing.TB, texts ...string) (all []cacheserver.Fault) {
	t.Helper()
	for _, text := range texts {
		f, err := cacheserver.ParseFault(text)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, f)
	}
	return all
}

// client returns a client that may delete, of a service at url.
func client(t testing.TB, s *cacheserver.Server, url string, opts Options) *Client {
	t.Helper()
	token, err := s.RESTToken(true, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return clientWith(t, url, token, opts)
}

func clientWith(t testing.TB, url, token string, opts Options) *Client {
	t.Helper()
	sources := Sources{Repository: "local/repo", APIURL: url + "/api/v3", JobToken: token, Lookup: lookup(nil)}
	target, err := sources.Target()
	if err != nil {
		t.Fatal(err)
	}
	opts.Now = time.Now
	c, err := New(target, token, opts)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func lookup(env map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		value, ok := env[name]
		return value, ok
	}
}

// direct calls a handler without a network in between, so that a synctest bubble
// sees every wait. After is called with each reply.
type direct struct {
	http.Handler
	after func(*http.Request, *http.Response)
}

func (d direct) RoundTrip(req *http.Request) (resp *http.Response, err error) {
	defer func() {
		if r := recover(); r == http.ErrAbortHandler { //nolint:errorlint // what was thrown, not an error that passed through hands
			err = io.ErrUnexpectedEOF
		} else if r != nil {
			panic(r)
		}
	}()
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	received := req.Clone(req.Context())
	received.RequestURI, received.Host = req.URL.RequestURI(), req.URL.Host
	if req.Body == nil {
		received.Body = http.NoBody
	}
	recorder := httptest.NewRecorder()
	d.ServeHTTP(recorder, received)
	resp = recorder.Result()
	if d.after != nil {
		d.after(req, resp)
	}
	return resp, nil
}

// counted counts requests on their way, and refusals on the way back.
type counted struct {
	http.RoundTripper
	requests, refusals atomic.Int64
}

func (c *counted) RoundTrip(req *http.Request) (*http.Response, error) {
	c.requests.Add(1)
	resp, err := c.RoundTripper.RoundTrip(req)
	if err == nil && (resp.StatusCode == http.StatusForbidden || resp.StatusCode == http.StatusTooManyRequests) {
		c.refusals.Add(1)
	}
	return resp, err
}

func hintOf(err error) string {
	var h interface{ Hint() string }
	if errors.As(err, &h) {
		return h.Hint()
	}
	return ""
}
