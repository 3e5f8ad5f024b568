package relay

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
)

// BuildKit dies of a reply to what it is still sending: azblob unmaps it, and the connection reads it.
func TestARelayThatHasEndedRepliesToNobody(t *testing.T) {
	for name, accept := range map[string]func(*testing.T, running, net.Listener){
		"Serve closes its connections": func(t *testing.T, r running, l net.Listener) {
			served := make(chan error, 1)
			go func() { served <- r.Serve(l) }()
			t.Cleanup(func() {
				if err := <-served; err != nil {
					t.Error(err)
				}
			})
		},
		"a request arrives before they are closed": func(t *testing.T, r running, l net.Listener) {
			s := &httptest.Server{Listener: l, Config: &http.Server{Handler: r}}
			s.Start()
			t.Cleanup(s.Close)
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t, serve(t, cacheserver.Options{}))
			l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			accept(t, r, l)
			client := &http.Client{Transport: &http.Transport{}}
			defer client.CloseIdleConnections()
			probe, _ := r.Probe(l.Addr().String())
			if status := ask(t, client, http.MethodGet, probe, 0); status != "200 OK" {
				t.Fatalf("the probe: %q", status)
			}
			if err := r.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
			url, _ := r.Environment(l.Addr().String())
			if status := ask(t, client, http.MethodPut, url+"devstoreaccount1/cache/1?comp=block&blockid=MQ==", 1<<20); status != "" {
				t.Errorf("a reply: %s", status)
			}
		})
	}
}

// ask returns the status of the reply, empty if the connection ended without one.
func ask(t *testing.T, client *http.Client, method, url string, size int) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(strings.Repeat("a", size)))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(req)
	if err != nil {
		return ""
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body) // so that the connection is used again
	return resp.Status
}
