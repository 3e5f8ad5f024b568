package cacheserver

import (
	"cmp"
	"errors"
	"io"
	"log"
	"log/slog"
	"net/http"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/store"
)

// Options configure [Open]. The zero value of all but Dir is usable.
type Options struct {
	// Dir stores entries and the signing key. Open creates it if needed. One process uses it at a time.
	Dir string
	// Repository is the owner/name of the repository. Empty means the one of the last start, or local/repo at the
	// first start.
	Repository string
	// DefaultBranch is the default branch that REST reports. Empty means main.
	DefaultBranch string
	// Refs are the full refs that exist besides the default branch. REST lists them as branches, tags and open pull
	// requests. If Refs is nil, every ref with entries exists, so that no entry looks abandoned.
	Refs []string

	MaxSize        int64         // bytes of all entries; 0: 10 GiB
	MaxAge         time.Duration // evict entries unused for this long; 0: 7 days
	ReservationTTL time.Duration // drop uploads that received nothing for this long; 0: an hour

	Now func() time.Time // nil: time.Now
	Log io.Writer        // errors of the disk and of housekeeping; nil: none

	LogFormat LogFormat // of the access log, which goes to Log, too

	Latency   time.Duration // delay of each reply, in real time
	Faults    []Fault       // the first that matches a request and has a count left answers it
	RateLimit RateLimit     // of REST
}

func (o Options) withDefaults() Options {
	o.DefaultBranch = cmp.Or(o.DefaultBranch, "main")
	o.MaxSize = cmp.Or(o.MaxSize, 10<<30)
	o.MaxAge = cmp.Or(o.MaxAge, 7*24*time.Hour)
	o.ReservationTTL = cmp.Or(o.ReservationTTL, time.Hour)
	if o.Now == nil {
		o.Now = time.Now //nolint:forbidigo // as documented
	}
	if o.Log == nil {
		o.Log = io.Discard
	}
	return o
}

// Server is a cache service. It is safe for concurrent use.
type Server struct {
	*Front
	opts    Options
	entries *store.Store
	access  *slog.Logger
	metrics *metrics
	faults  *faults
	limiter *limiter
}

// Open starts a service on a folder. It returns [store.ErrLocked] if another process serves the folder, and a
// [store.ForeignError] if there are files of others in it.
func Open(opts Options) (*Server, error) {
	opts = opts.withDefaults()
	access, failures, err := newLogs(opts.Log, opts.LogFormat)
	if err != nil {
		return nil, err
	}
	entries, err := store.Open(opts.Dir, store.Options{
		Limits: store.Limits{Size: opts.MaxSize, Age: opts.MaxAge},
		Idle:   opts.ReservationTTL,
		Now:    opts.Now,
		Warn:   func(err error) { failures.Print(err) },
	})
	if err != nil {
		return nil, err
	}
	s, err := newServer(opts, entries, access, failures)
	if err != nil {
		return nil, errors.Join(err, entries.Close())
	}
	return s, nil
}

func newServer(opts Options, entries *store.Store, access *slog.Logger, failures *log.Logger) (*Server, error) {
	issuer, err := openIssuer(opts.Dir, opts.Repository, opts.Now)
	if err != nil {
		return nil, err
	}
	counts := newMetrics(entries)
	front, err := newFront(issuer, storeBackend{entries, counts}, "", failures)
	if err != nil {
		return nil, err
	}
	s := &Server{
		Front: front, opts: opts, entries: entries, access: access, metrics: counts,
		faults: newFaults(opts.Faults), limiter: newLimiter(opts.RateLimit, opts.Now),
	}
	s.routeV1()
	s.routeREST()
	s.routeOperators()
	s.mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { writeRESTError(w, errNotFound) })
	return s, nil
}

// Close ends the service. Shut the HTTP server down before. Unfinished uploads are lost.
func (s *Server) Close() error { return s.entries.Close() }

// ServeHTTP implements [http.Handler]. It also accepts absolute request URLs, as a proxy does.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x, path := begin(w, r), r.URL.Path
	defer func() {
		x.end()
		took := time.Since(x.begun)
		s.metrics.answered(x, r, took)
		s.logAccess(x, r, path, took)
	}()
	wait(r, s.opts.Latency)
	w = x
	if f, ok := s.faults.take(r); ok {
		if w = f.apply(x, r); w == nil {
			return
		}
	}
	s.mux.ServeHTTP(w, r)
}

func wait(r *http.Request, d time.Duration) {
	if d == 0 {
		return
	}
	select {
	case <-time.After(d):
	case <-r.Context().Done():
	}
}

// baseURL is the URL by which the client reached the service.
func baseURL(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}
