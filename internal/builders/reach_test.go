//go:build unix

package builders_test

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/docker/cli/cli/config"

	"github.com/docker-ghacache/docker-ghacache/internal/builders"
)

func TestReachIsRememberedForAnHour(t *testing.T) {
	listener, endpoint := listen(t)
	remote := func(endpoint string) *builders.Builder {
		return &builders.Builder{Name: "b", Driver: "remote", Nodes: []builders.Node{{Name: "b0", Endpoint: endpoint}}}
	}
	b := remote(endpoint)
	routes := b.Routes()
	now := time.Now()
	want := builders.Reach{Route: routes[0]}
	t.Cleanup(func() { os.RemoveAll(filepath.Join(config.Dir(), "ghacache")) })
	b.LearnReach(routes, want, now)
	restarted := func() *builders.Builder {
		path := strings.TrimPrefix(endpoint, "unix://")
		check(t, listener.Close())
		again, err := net.Listen("unix", path)
		check(t, err)
		t.Cleanup(func() { again.Close() })
		check(t, os.Chtimes(path, time.Time{}, now.Add(time.Second)))
		return b
	}
	for _, tt := range []struct {
		name    string
		builder func() *builders.Builder
		routes  []builders.Route
		now     time.Time
		known   bool
	}{
		{"at once", func() *builders.Builder { return b }, routes, now, true},
		{"59 minutes later", func() *builders.Builder { return b }, routes, now.Add(59 * time.Minute), true},
		{"an hour later", func() *builders.Builder { return b }, routes, now.Add(time.Hour), false},
		{"by a clock that was put back", func() *builders.Builder { return b }, routes, now.Add(-time.Minute), false},
		{"other routes", func() *builders.Builder { return b }, []builders.Route{{Listen: "10.0.0.1", Dial: "10.0.0.1"}}, now, false},
		{"a builder whose BuildKit nothing tells from the next", func() *builders.Builder { return remote("tcp://127.0.0.1:1") }, routes, now, false},
		{"a BuildKit that was restarted", restarted, routes, now, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, known := tt.builder().RecallReach(tt.routes, tt.now)
			if known != tt.known || known && got != want {
				t.Errorf("got %+v, %v", got, known)
			}
		})
	}
}

func TestForgetReach(t *testing.T) {
	_, endpoint := listen(t)
	b := &builders.Builder{Driver: "remote", Nodes: []builders.Node{{Endpoint: endpoint}}}
	t.Cleanup(func() { os.RemoveAll(filepath.Join(config.Dir(), "ghacache")) })
	b.LearnReach(b.Routes(), builders.Reach{Why: "no"}, time.Now())
	b.ForgetReach(b.Routes())
	if got, known := b.RecallReach(b.Routes(), time.Now()); known {
		t.Errorf("got %+v", got)
	}
}

// A BuildKit that runs is asked in internal/e2e.
func TestFetchNamesTheNodeThatCannotBeAsked(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	err := builders.Fetch(t.Context(), []builders.Connection{{Node: "b0", Err: errors.New("not\nrunning")}}, server.URL, "x")
	if err == nil || err.Error() != `node "b0": not running` {
		t.Errorf("got %v", err)
	}
}
