package e2e

import (
	"crypto/rand"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/docker/cli/cli/command"
	"github.com/docker/cli/cli/flags"

	"github.com/docker-ghacache/docker-ghacache/internal/builders"
)

// at is a server on an address of this machine that answers with content.
func at(t *testing.T, host, content string) (url string) {
	t.Helper()
	l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	check(t, err)
	startServer(t, l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, content) }))
	return "http://" + l.Addr().String()
}

func startServer(t *testing.T, l net.Listener, h http.Handler) {
	s := &httptest.Server{Listener: l, Config: &http.Server{Handler: h, ErrorLog: log.New(io.Discard, "", 0)}}
	s.Start()
	t.Cleanup(s.Close)
}

func TestBuildersTellWhatTheyReach(t *testing.T) {
	for name, tt := range map[string]struct {
		builder func() (string, error)
		route   builders.Route
	}{
		"a buildkitd on this machine":                  {shared.remote, builders.Route{Listen: "127.0.0.1", Dial: "127.0.0.1"}},
		"a container on the host's network":            {shared.container, builders.Route{Listen: "127.0.0.1", Dial: "127.0.0.1"}},
		"a container on a network of its own, gateway": {shared.bridged, builders.Route{}},
	} {
		t.Run(name, func(t *testing.T) {
			builder := need(t, tt.builder)
			t.Setenv("BUILDX_CONFIG", shared.buildxConfig())
			cli, err := command.NewDockerCli(command.WithCombinedStreams(io.Discard))
			check(t, err)
			check(t, cli.Initialize(flags.NewClientOptions()))
			b, err := builders.Resolve(t.Context(), cli, builder)
			check(t, err)
			routes := b.Routes()
			if len(routes) == 0 || tt.route != (builders.Route{}) && routes[0] != tt.route {
				t.Fatalf("routes %v", routes)
			}
			nodes, err := builders.Dial(t.Context(), cli, builder)
			check(t, err)
			t.Cleanup(func() { nodes[0].Client.Close() })
			want := rand.Text() // what BuildKit has got once, it does not get again
			check(t, builders.Fetch(t.Context(), nodes, at(t, routes[0].Listen, want)+"/right", want))

			other := builders.Fetch(t.Context(), nodes, at(t, routes[0].Listen, "somebody else")+"/other", rand.Text())
			if other == nil || !strings.Contains(other.Error(), "digest mismatch") {
				t.Errorf("a server with another answer: %v", other)
			}
			closed := builders.Fetch(t.Context(), nodes, "http://"+net.JoinHostPort(routes[0].Dial, "9")+"/closed", rand.Text())
			if closed == nil || !strings.Contains(closed.Error(), "connection refused") || strings.Contains(closed.Error(), "/closed") {
				t.Errorf("a closed port: %v", closed)
			}
		})
	}
}
