package relay

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	"github.com/docker-ghacache/docker-ghacache/internal/runtimeclient"
	"golang.org/x/sync/semaphore"
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
	// Timeout is how long a request waits for a service that throttles, as the attribute timeout of a cache entry. 0:
	// DefaultTimeout.
	Timeout time.Duration

	// Dir keeps the layers that pass through, for later reads on this machine. New creates it if needed, and returns
	// [store.ErrLocked] if another process uses it, a [store.ForeignError] if it has files of others. Empty: nothing is kept.
	Dir     string
	MaxSize int64         // bytes of the layers in Dir; 0: 10 GiB
	MaxAge  time.Duration // drop layers from Dir that were unused for this long; 0: 7 days

	Now func() time.Time // nil: time.Now
	Log io.Writer        // a line for each failure upstream, without keys' content, tokens and signatures; nil: none
}

// DefaultTimeout is that of BuildKit's gha caches.
const DefaultTimeout = 10 * time.Minute

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
	Local int64 // those of them that came from Options.Dir

	Throttled int           // replies in which the service asked to wait
	Waited    time.Duration // time in which at least one request waited because of such a reply or the documented limits
}

// Relay is a cache service that sends everything on to another one. It is safe for concurrent use.
type Relay struct {
	opts    Options
	prefix  string // the path that clients must know
	token   string // of the relay itself
	refs    []cacheserver.RefAccess
	writes  bool // the token may write
	service *runtimeclient.Service
	front   http.Handler
	memory  *memory
	slots   *semaphore.Weighted
	counts  counts
	local   *local

	patience  time.Duration // how long another build may take for a layer
	abandoned time.Duration // how long others wait for a client that sends nothing

	closed  context.Context // ends when Close begins
	close   context.CancelFunc
	work    context.Context // ends when Close gives up
	stop    context.CancelCauseFunc
	running sync.WaitGroup // uploads that are being completed

	mu       sync.Mutex
	lastID   int64
	uploads  map[name]upload // the last one of each name
	ids      map[int64]upload
	known    map[name]*sight        // layers that the service has
	asked    map[name]bool          // layers that were looked up and not known
	sizes    map[string]int64       // of the layers that indexes reference, by key
	walks    map[string]*walk       // by the key of an index, without its number
	looking  map[name]chan struct{} // layers that are being looked up ahead; closed at the end
	kept     map[name]reservation
	lost     map[name]bool // reserved, and the URL for the content was lost
	entries  map[name]*entry
	readable map[int64]*entry
	ahead    context.Context // ends when lookups no longer wait for the last prefetch; nil if there was none
}

// New makes a relay. It sends nothing. It returns an error if the token of the upstream service cannot be read.
func New(opts Options) (*Relay, error) {
	if opts.Now == nil {
		opts.Now = time.Now //nolint:forbidigo // as documented
	}
	opts.Memory = withDefault(opts.Memory)
	opts.Inflight = cmp.Or(opts.Inflight, 24)
	opts.Timeout = cmp.Or(opts.Timeout, DefaultTimeout)
	opts.MaxSize, opts.MaxAge = cmp.Or(opts.MaxSize, 10<<30), cmp.Or(opts.MaxAge, 7*24*time.Hour)
	issuer, err := cacheserver.NewIssuer(opts.Now)
	if err != nil {
		return nil, err
	}
	token, refs, err := issuer.RuntimeTokenLike(opts.Upstream.Token)
	if err != nil {
		return nil, err
	}
	r := &Relay{
		opts: opts, prefix: "/" + rand.Text(), token: token, refs: refs, patience: patience, abandoned: abandoned,
		slots: semaphore.NewWeighted(int64(opts.Inflight)), counts: counts{now: opts.Now, used: map[name]bool{}},
		uploads: map[name]upload{}, ids: map[int64]upload{}, known: map[name]*sight{}, asked: map[name]bool{},
		sizes: map[string]int64{}, walks: map[string]*walk{}, looking: map[name]chan struct{}{}, kept: map[name]reservation{}, lost: map[name]bool{}, entries: map[name]*entry{}, readable: map[int64]*entry{},
	}
	r.writes = slices.ContainsFunc(refs, func(a cacheserver.RefAccess) bool { return a.Write })
	r.memory = newMemory(opts.Memory, r.flush)
	r.closed, r.close = context.WithCancel(context.Background())
	r.work, r.stop = context.WithCancelCause(context.Background())
	r.service = runtimeclient.NewService(runtimeclient.ServiceOptions{
		URL: opts.Upstream.URL, Token: opts.Upstream.Token, UserAgent: opts.Upstream.UserAgent, Now: opts.Now,
		Patience: callPatience, ContentPatience: contentPatience, Timeout: opts.Timeout, Parallel: 2*maxRanges + opts.Inflight,
		Throttled: r.counts.throttled, Waiting: r.counts.waiting,
	})
	if r.front, err = cacheserver.NewFront(issuer, backend{r}, r.prefix, cmp.Or[io.Writer](opts.Log, io.Discard)); err != nil {
		return nil, err
	}
	return r, r.openLocal()
}

// BuildKit fails a build at the first call that the service does not answer, so a service that is down must not cost
// much. BuildKit sends content again for a quarter of an hour.
const (
	callPatience    = 15 * time.Second
	contentPatience = 2 * time.Minute
)

// flush sends all layers on as far as they have arrived.
func (r *Relay) flush() {
	r.mu.Lock()
	blobs := r.unfinished()
	r.mu.Unlock()
	for _, b := range blobs {
		b.flush()
	}
}

// unfinished are the layers under way. The caller holds the lock.
func (r *Relay) unfinished() (blobs []*blob) {
	for _, u := range r.uploads {
		if b, ok := u.(*blob); ok && b.underWay() {
			blobs = append(blobs, b)
		}
	}
	return blobs
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
	if ok && r.closed.Err() != nil {
		// BuildKit dies of a reply to what it is still sending: azblob 1.5 then unmaps what the connection reads. If the
		// connection is cut, net/http waits for who reads before it reports the error.
		panic(http.ErrAbortHandler)
	}
	if !ok {
		http.NotFound(w, req)
		return
	}
	req.URL.Path, req.URL.RawPath = path, ""
	r.front.ServeHTTP(w, req)
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

// Prefetch reads the last indexes of scopes, on all refs that the token reads. An export then knows what the service may
// have. Prefetch returns when it is done or ctx ends; most callers start it in the background. It has no error: without
// it, the export sends layers that the service has.
func (r *Relay) Prefetch(ctx context.Context, scopes ...string) {
	if !r.writes {
		return // nothing will be exported
	}
	reading, stop := r.patiently(r.closed)
	defer stop()
	defer context.AfterFunc(ctx, stop)()
	awaited, end := context.WithTimeout(reading, min(aheadWait, r.opts.Timeout))
	defer end()
	r.mu.Lock()
	r.ahead = awaited
	r.mu.Unlock()
	var all sync.WaitGroup
	for _, scope := range scopes {
		for _, a := range r.refs {
			if !a.NoRead {
				all.Go(func() { r.lastIndex(reading, scope, a.Ref) })
			}
		}
	}
	all.Wait()
}

// Close ends the relay. From then on, it refuses requests. It finishes the layers that clients have sent completely, until
// ctx ends; if ctx has ended, it aborts everything at once. No index is committed during Close. It returns an error if
// something was aborted.
func (r *Relay) Close(ctx context.Context) error {
	r.mu.Lock()
	r.close()
	unfinished := r.unfinished()
	r.mu.Unlock()
	for _, b := range unfinished {
		b.endUnless(errClosed)
	}
	if ctx.Err() != nil {
		r.stop(errClosed)
	}
	defer context.AfterFunc(ctx, func() { r.stop(errClosed) })()
	r.running.Wait()
	r.stop(errClosed)
	aborted := 0
	for _, b := range unfinished {
		select {
		case <-b.done:
			if b.err != nil {
				aborted++
			}
		default:
			aborted++
		}
	}
	err := r.local.close()
	if aborted > 0 {
		err = errors.Join(fmt.Errorf("%d layers were not sent completely", aborted), err)
	}
	return err
}

// endUnless ends an upload that its client has not finished.
func (b *blob) endUnless(cause error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.wanted {
		b.end(cause)
	}
}

// Stats returns what the relay has done so far.
func (r *Relay) Stats() Stats { return r.counts.all() }
