package cacheclient

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/servertest"
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

func entry(ref, key string) servertest.Entry { return servertest.Entry{Ref: ref, Key: key} }

func entries(n int) []servertest.Entry {
	items := make([]servertest.Entry, n)
	for i := range items {
		items[i] = entry(mainRef, fmt.Sprintf("buildkit-blob-1-sha256:%064x", i))
	}
	return items
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
