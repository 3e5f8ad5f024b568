package runtimeclient

import (
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheclient"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/servertest"
)

const mainRef = "refs/heads/main"

func entry(ref, key string) servertest.Entry { return servertest.Entry{Ref: ref, Key: key} }

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
