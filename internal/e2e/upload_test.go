package e2e

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/servertest"
)

// refusals are ways in which an upload of BuildKit fails.
var refusals = []string{
	"PUT /devstoreaccount1/*:403", "PUT /devstoreaccount1/*:507", "PUT /devstoreaccount1/*?*comp=blocklist*:404",
	"PUT /devstoreaccount1/*:cut:1", // BuildKit tries again after ten seconds
}

func startForUploads() (string, error) {
	return shared.startBuildkitd("uploads", shared.bin("buildkitd"))
}

// BuildKit sends layers larger than the buffers of a connection, in blocks. Where one is refused while BuildKit sends it, or a
// reply has no x-ms-request-id, BuildKit 0.33 ends with a panic.
func TestBuildKitOutlivesRefusedUploads(t *testing.T) {
	u := newUser(t, startForUploads)
	words := func() []string {
		var steps []string
		for _, file := range []string{"/a", "/b", "/c", "/d"} {
			steps = append(steps, `RUN ["example", "write", "`+file+`", "5000000"]`)
		}
		return build(image(t, steps...), "--cache-to", "type=gha,mode=max,timeout=3s,ignore-error=true")
	}
	for _, fault := range refusals {
		u.enter(serve(t, "--ref", mainRef, "--fault", fault))
		u.run(words()...)
	}
	refused := u.enterExpiring()
	u.run(words()...)
	if refused.Load() == 0 {
		t.Error("no URL had expired: this test proves nothing")
	}
	u.enter(serve(t))
	u.dir = image(t)
	u.run(build(".", "--cache-to", "type=gha")...)
}

// enterExpiring puts the user into a job of a service that a day passes in as soon as it has given out a URL. It counts the
// uploads that this refused.
func (u *user) enterExpiring() (refused *atomic.Int64) {
	var late atomic.Bool
	service := servertest.Open(u.t, cacheserver.Options{Dir: u.t.TempDir(), Now: func() time.Time {
		if late.Load() {
			return time.Now().Add(25 * time.Hour)
		}
		return time.Now()
	}})
	refused = &atomic.Int64{}
	url := servertest.Serve(u.t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status := &statusWriter{ResponseWriter: w}
		service.ServeHTTP(status, r)
		late.Store(late.Load() || strings.HasSuffix(r.URL.Path, "/CreateCacheEntry"))
		if r.Method == http.MethodPut && status.code == http.StatusForbidden {
			refused.Add(1)
		}
	}))
	u.enterWeek(service, url, mainRef)
	return refused
}

// statusWriter keeps the status of a reply.
type statusWriter struct {
	http.ResponseWriter
	code int
}

// WriteHeader implements [http.ResponseWriter].
func (w *statusWriter) WriteHeader(code int) {
	w.code = code
	w.ResponseWriter.WriteHeader(code)
}

// Unwrap is for [http.ResponseController].
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
