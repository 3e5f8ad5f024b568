package cacheserver

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/store"
	actionscache "github.com/tonistiigi/go-actions-cache"
)

const mainRef = "refs/heads/main"

// service is a running Server.
type service struct {
	*Server
	url string
	log *bytes.Buffer
}

func serve(t testing.TB, opts Options) service {
	t.Helper()
	if opts.Dir == "" {
		opts.Dir = t.TempDir()
	}
	log := &bytes.Buffer{}
	opts.Log = log
	s, err := Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s)
	t.Cleanup(func() {
		server.Close()
		if err := s.Close(); err != nil {
			t.Errorf("closing the service: %v", err)
		}
		if log.Len() > 0 {
			t.Logf("log of the service:\n%s", log)
		}
	})
	return service{s, server.URL, log}
}

// token returns a runtime token for scopes, to read and write the main branch if none are given.
func (s service) token(t testing.TB, scopes ...RefAccess) string {
	t.Helper()
	if scopes == nil {
		scopes = []RefAccess{{Ref: mainRef, Write: true}}
	}
	token, err := s.RuntimeToken(scopes, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func (s service) restToken(t testing.TB, write bool) string {
	t.Helper()
	token, err := s.RESTToken(write, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// cache is BuildKit's client.
func (s service) cache(t testing.TB, v2 bool, scopes ...RefAccess) *actionscache.Cache {
	t.Helper()
	c, err := actionscache.New(s.token(t, scopes...), s.url+"/", v2, actionscache.Opt{Client: &http.Client{}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func versions(t *testing.T, test func(t *testing.T, v2 bool)) {
	t.Run("v1", func(t *testing.T) { t.Parallel(); test(t, false) })
	t.Run("v2", func(t *testing.T) { t.Parallel(); test(t, true) })
}

func blobOf(size int) actionscache.Blob { return actionscache.NewBlob(randomBytes(size)) }

func listen() (net.Listener, error) { return net.Listen("tcp", "127.0.0.1:0") }

// reply is what the service answered.
type reply struct {
	status int
	header http.Header
	body   string
}

// do sends a request; headers are names and values by turns.
func (s service) do(t testing.TB, method, url, token, body string, headers ...string) reply {
	t.Helper()
	if strings.HasPrefix(url, "/") {
		url = s.url + url
	}
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.Header.Get("X-Ms-Request-Id") == "" {
		t.Errorf("%s %s: no x-ms-request-id", method, r.URL.Path)
	}
	return reply{resp.StatusCode, resp.Header, string(data)}
}

// twirp calls a method in JSON and returns the fields of the reply.
func (s service) twirp(t testing.TB, method, token, body string) (int, map[string]any) {
	t.Helper()
	got := s.do(t, "POST", twirpPath+method, token, body, "Content-Type", "application/json")
	var fields map[string]any
	if err := json.Unmarshal([]byte(got.body), &fields); err != nil {
		t.Fatalf("%s: %v", got.body, err)
	}
	return got.status, fields
}

const twirpPath = "/twirp/github.actions.results.api.v1.CacheService/"

// save makes an entry on ref.
func (s service) save(t testing.TB, ref, key, content string) int64 {
	t.Helper()
	id, err := s.entries.Reserve(store.Name{Ref: ref, Version: "v", Key: key}, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.entries.WriteChunk(id, 0, int64(len(content)), strings.NewReader(content)); err != nil {
		t.Fatal(err)
	}
	if err := s.entries.Finish(id, int64(len(content))); err != nil {
		t.Fatal(err)
	}
	return id
}

// clock is a clock that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func newRecorder(s http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}
