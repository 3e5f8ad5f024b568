package servertest

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
)

// Open opens a service with entries, created in their order, a second apart, until now.
// Options need no folder: that is [Dir]. They need no Now: that is [time.Now].
func Open(t testing.TB, opts cacheserver.Options, entries ...Entry) *cacheserver.Server {
	t.Helper()
	if opts.Dir == "" {
		opts.Dir = Dir(t)
	}
	if opts.Now == nil {
		opts.Now = time.Now //nolint:forbidigo // as documented
	}
	for i := range entries {
		entries[i].Age = time.Duration(len(entries)-i) * time.Second
	}
	fill(t, opts.Dir, opts.Now(), entries)
	server, err := cacheserver.Open(opts)
	check(t, err)
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Errorf("closing the service: %v", err)
		}
	})
	return server
}

// Serve lets a handler answer on a socket until the test ends, and returns its URL. A service must have been opened before,
// so that it is closed after the last request.
func Serve(t testing.TB, handler http.Handler) (url string) {
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

// Faults reads faults to inject, as [cacheserver.ParseFault] does.
func Faults(t testing.TB, texts ...string) (all []cacheserver.Fault) {
	t.Helper()
	for _, text := range texts {
		f, err := cacheserver.ParseFault(text)
		check(t, err)
		all = append(all, f)
	}
	return all
}
