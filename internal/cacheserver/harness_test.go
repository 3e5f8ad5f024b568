package cacheserver

import (
	"bytes"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

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
func (s service) token(t testing.TB, scopes ...Scope) string {
	t.Helper()
	if scopes == nil {
		scopes = []Scope{{Ref: mainRef, Write: true}}
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
func (s service) cache(t testing.TB, v2 bool, scopes ...Scope) *actionscache.Cache {
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
