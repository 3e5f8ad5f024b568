package runtimeclient

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheclient"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/servertest"
)

const mainRef = "refs/heads/main"

func entry(ref, key string) servertest.Entry { return servertest.Entry{Ref: ref, Key: key} }

// serve lets a service answer on a socket.
func serve(t testing.TB, handler http.Handler) string {
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

// rest returns a client that lists and deletes.
func rest(t testing.TB, s *cacheserver.Server, url string) *cacheclient.Client {
	t.Helper()
	token, err := s.RESTToken(true, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	target := cacheclient.Target{Host: "localhost", APIURL: url + "/api/v3/", Owner: "local", Repo: "repo"}
	c, err := cacheclient.New(target, token, cacheclient.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func hintOf(err error) string {
	var h interface{ Hint() string }
	if errors.As(err, &h) {
		return h.Hint()
	}
	return ""
}
