package relay

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
)

// Upstream is the cache service to which a relay sends, with version 2 of the protocol.
type Upstream struct {
	URL       string // as in $ACTIONS_RESULTS_URL
	Token     string // the runtime token, which the relay shows to nobody but the service
	UserAgent string // empty: that of Go
}

// Options configure [New]. The zero value of all but Upstream is usable.
type Options struct {
	Upstream Upstream

	// Memory is how many bytes of layers wait to be sent, or arrive ahead of their reader. When it is used up, clients
	// wait. 0: 128 MiB. Less than 16 MiB counts as 16 MiB.
	Memory int64
	// Inflight is how many requests with content of layers are under way to the service. 0: 24.
	Inflight int

	Now func() time.Time // nil: time.Now
	Log io.Writer        // a line for each failure upstream, without keys' content, tokens and signatures; nil: none
}

// Stats is what a relay has done so far.
type Stats struct {
	Layers  int           // layers that it committed upstream
	Indexes int           // indexes that it committed upstream
	Sent    int64         // bytes of these layers and indexes
	Sending time.Duration // time in which at least one upload was under way
	Reused  int           // layers that an export needed and the service had
	Failed  int           // layers that could not be sent

	Reads int   // layers, or parts of layers, that clients read
	Read  int64 // bytes of them

	Throttled int           // replies in which the service asked to wait
	Waited    time.Duration // time in which at least one request waited because of such a reply or the documented limits
}

// Relay is a cache service that sends everything on to another one. It is safe for concurrent use.
type Relay struct {
	opts   Options
	prefix string // the path that clients must know
	token  string // of the relay itself

	closed context.Context // ends with Close
	close  context.CancelFunc
}

// New makes a relay. It sends nothing. It returns an error if the token of the upstream service cannot be read.
func New(opts Options) (*Relay, error) {
	if opts.Now == nil {
		opts.Now = time.Now //nolint:forbidigo // as documented
	}
	issuer, err := cacheserver.NewIssuer(opts.Now)
	if err != nil {
		return nil, err
	}
	token, err := issuer.RuntimeTokenLike(opts.Upstream.Token)
	if err != nil {
		return nil, err
	}
	r := &Relay{opts: opts, prefix: "/" + rand.Text(), token: token}
	r.closed, r.close = context.WithCancel(context.Background())
	return r, nil
}

// Environment returns the URL (url_v2) and the token that BuildKit needs to use the relay at an address, which is
// HOST:PORT. The token has the refs and the times of the upstream token, and nobody but this relay accepts it.
func (r *Relay) Environment(address string) (url, token string) {
	return "http://" + address + r.prefix + "/", r.token
}

// Probe returns a URL for the builder to fetch, and what it gets there if it reaches this relay. Every call returns
// another URL, so that no cache can answer.
func (r *Relay) Probe(address string) (url, content string) {
	nonce := rand.Text()
	return "http://" + address + r.prefix + probePath + nonce, nonce
}

const probePath = "/probe/"

// ServeHTTP implements [http.Handler]. A request without the random path gets 404 and learns nothing.
func (r *Relay) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	path, ok := strings.CutPrefix(req.URL.Path, r.prefix)
	if nonce, probe := strings.CutPrefix(path, probePath); ok && probe {
		_, _ = io.WriteString(w, nonce) //nolint:gosec // it is text, and no browser can know the path
		return
	}
	http.NotFound(w, req)
}

// Serve answers connections to l, until Close. It closes l. Several listeners can be served at once.
func (r *Relay) Serve(l net.Listener) error {
	server := &http.Server{Handler: r, ReadHeaderTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute}
	stop := context.AfterFunc(r.closed, func() { _ = server.Close() }) // the error is that of a listener that was closed before
	defer stop()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Prefetch looks up what the last indexes of scopes reference, on all refs that the token reads, many layers at a
// time. An export then knows what the service has. Prefetch returns when it is done or ctx ends; most callers start it
// in the background. It has no error: without it, the export sends layers that the service has.
func (r *Relay) Prefetch(_ context.Context, _ ...string) {}

// Close ends the relay. From then on, it refuses requests. It finishes the layers that clients have sent completely, until
// ctx ends; if ctx has ended, it aborts everything at once. No index is committed during Close. It returns an error if
// something was aborted.
func (r *Relay) Close(_ context.Context) error {
	r.close()
	return nil
}

// Stats returns what the relay has done so far.
func (r *Relay) Stats() Stats { return Stats{} }
