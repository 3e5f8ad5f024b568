package relay

import (
	"bytes"
	"encoding/pem"
	"io"
	stdlog "log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
)

// secure serves a service with TLS and with version 2 of HTTP, as storage does behind some proxies. It counts the
// connections, and the requests that did not have one of their own.
type secure struct {
	upstream
	ca string // a file

	mu          sync.Mutex
	connections int
	shared      int
}

func serveTLS(t *testing.T) *secure {
	t.Helper()
	s := &secure{upstream: serve(t, cacheserver.Options{}), ca: filepath.Join(t.TempDir(), "ca.pem")}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.ProtoMajor > 1 {
			s.mu.Lock()
			s.shared++
			s.mu.Unlock()
		}
		s.ServeHTTP(w, req)
	}))
	server.EnableHTTP2 = true
	server.Config.ErrorLog = stdlog.New(io.Discard, "", 0)
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			s.mu.Lock()
			s.connections++
			s.mu.Unlock()
		}
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	s.url = server.URL
	block := &pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}
	if err := os.WriteFile(s.ca, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAServiceWithTLS(t *testing.T) {
	l := newLayer(1, 70<<20)
	s := serveTLS(t)
	t.Run("is reached with a connection for each range and block", func(t *testing.T) {
		p := startProcess(t, s.upstream, "SSL_CERT_FILE="+s.ca)
		if err := export(t.Context(), p.client(t), "app", l, newLayer(2, 300)); err != nil {
			t.Fatal(err)
		}
		importIndex(t, p.client(t))
		if got := load(t, p.client(t), l.key); !bytes.Equal(got, l.content) {
			t.Errorf("%d bytes that differ from the %d saved", len(got), len(l.content))
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.shared > 0 || s.connections < minRanges {
			t.Errorf("%d connections, which %d requests shared", s.connections, s.shared)
		}
	})
	t.Run("of an authority that is not known fails the export at once", func(t *testing.T) {
		p, begun := startProcess(t, s.upstream), time.Now()
		err := export(t.Context(), p.client(t), "app", newLayer(3, 300))
		if took := time.Since(begun); err == nil || !strings.Contains(err.Error(), "failed to verify certificate") || took > callPatience/2 {
			t.Errorf("%v after %s", err, took)
		}
	})
}
