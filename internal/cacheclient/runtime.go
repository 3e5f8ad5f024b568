package cacheclient

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
	actionscache "github.com/tonistiigi/go-actions-cache"
)

// ErrNotFound means that the token's refs hold no such entry.
var ErrNotFound = errors.New("no such cache entry")

// Each lookup, with its repetitions, and each read of an index takes no longer.
const (
	lookupTimeout = time.Minute
	indexTimeout  = 2 * time.Minute
)

// Runtime reads and writes entries with a job's runtime token, as BuildKit does.
// It sees the refs that the token names and cannot list. To look an entry up
// counts as using it. It is safe for concurrent use.
type Runtime struct {
	cache      *actionscache.Cache
	token      string
	repository int64 // its number, as the token says; 0 if it does not
}

// NewRuntime returns a client of the service at url, which is $ACTIONS_RESULTS_URL
// for version 2 and $ACTIONS_CACHE_URL for version 1. It sends nothing; the error
// is that of the token, such as its having expired.
func NewRuntime(url string, version int, token, userAgent string) (*Runtime, error) {
	cache, err := actionscache.New(token, url, version == 2, actionscache.Opt{
		Client:      &http.Client{Transport: newTransport()},
		Timeout:     lookupTimeout,
		BackoffPool: &actionscache.BackoffPool{},
		UserAgent:   userAgent,
	})
	if err != nil {
		return nil, fmt.Errorf("reading the runtime token: %w", redactSigned(err, token))
	}
	return &Runtime{cache, token, repositoryOf(token)}, nil
}

// repositoryOf reads a claim of a token that was read before.
func repositoryOf(token string) int64 {
	var claims struct {
		jwt.RegisteredClaims
		ID json.Number `json:"repository_id"` // GitHub's is a string
	}
	if _, _, err := jwt.NewParser().ParseUnverified(token, &claims); err != nil {
		return 0
	}
	id, _ := claims.ID.Int64() // 0 where it is no number, so not known
	return id
}

// Reads reports whether the token reads the entries of a ref.
func (r *Runtime) Reads(ref string) bool {
	for _, s := range r.cache.Scopes() {
		if s.Scope == ref && s.Permission&actionscache.PermissionRead != 0 {
			return true
		}
	}
	return false
}

// Has reports whether there is an entry with exactly this key.
func (r *Runtime) Has(ctx context.Context, key string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	_, err := r.find(ctx, key)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// Probe looks up a key that nobody writes, once, and reports whether the service
// answered. A reply that asks to wait is waited for until ctx ends.
func (r *Runtime) Probe(ctx context.Context) error {
	const key = "docker-ghacache-doctor"
	if _, err := r.cache.Load(ctx, key); err != nil {
		return fmt.Errorf("looking up cache %q: %w", key, r.describe(err))
	}
	return nil
}

// find returns the entry with exactly this key. The service takes a key for a
// prefix, too, and prefers what one ref has of that to what the next one has of
// the very key.
func (r *Runtime) find(ctx context.Context, key string) (*actionscache.Entry, error) {
	entry, err := r.match(ctx, key)
	if err == nil && entry.Key != key {
		return nil, fmt.Errorf("looking up cache %q: %w", key, ErrNotFound)
	}
	return entry, err
}

// match returns the entry that the service finds for a key or what begins with it.
func (r *Runtime) match(ctx context.Context, key string) (*actionscache.Entry, error) {
	var entry *actionscache.Entry
	err := retry(ctx, func(int) (again bool, wait time.Duration, err error) {
		entry, err = r.cache.Load(ctx, key)
		if err == nil && entry == nil {
			err = ErrNotFound
		}
		return err != nil && passingRuntime(err), 0, err
	})
	if err != nil {
		return nil, fmt.Errorf("looking up cache %q: %w", key, r.describe(err))
	}
	return entry, nil
}

// passingRuntime reports whether a failed lookup may succeed later. go-actions-cache
// has already waited for a service that throttles.
func passingRuntime(err error) bool {
	if reply, ok := errors.AsType[actionscache.HTTPError](err); ok {
		return reply.StatusCode >= http.StatusInternalServerError
	}
	return !errors.Is(err, ErrNotFound) && passing(err)
}

// describe adds what go-actions-cache leaves out, and takes secrets out.
func (r *Runtime) describe(err error) error {
	if reply, ok := errors.AsType[actionscache.HTTPError](err); ok {
		err = fmt.Errorf("%s: %d %w", strings.TrimRight(r.cache.URL, "/"), reply.StatusCode, err)
	}
	return redactSigned(err, r.token)
}

// Open returns the content of the entry with exactly this key. The service does not
// tell its size, which the caller knows from a listing or an index. Reads go on
// until ctx ends.
func (r *Runtime) Open(ctx context.Context, key string, size int64) (*Content, error) {
	entry, err := r.find(ctx, key)
	if err != nil {
		return nil, err
	}
	return &Content{size: size, key: key, token: r.token, reader: entry.Download(ctx)}, nil
}

// Save stores content under a key, on the ref that the token may write. An entry
// that exists is [io/fs.ErrExist].
func (r *Runtime) Save(ctx context.Context, key string, content *Content) error {
	if err := r.cache.Save(ctx, key, content); err != nil {
		return fmt.Errorf("saving cache %q: %w", key, r.describe(err))
	}
	return nil
}

// Content is the content of an entry. It is best read from front to back: each
// step aside is another request.
type Content struct {
	size  int64
	key   string
	token string

	mu     sync.Mutex // the reader takes one call at a time, v1 uploads read four
	reader actionscache.ReaderAtCloser
}

// Size returns the bytes that were given to [Runtime.Open].
func (c *Content) Size() int64 { return c.size }

// ReadAt implements [io.ReaderAt].
func (c *Content) ReadAt(p []byte, off int64) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if off >= c.size {
		return 0, io.EOF
	}
	n, err := c.reader.ReadAt(p, off)
	if err != nil && !errors.Is(err, io.EOF) {
		err = fmt.Errorf("reading cache %q: %w", c.key, redactSigned(err, c.token))
	}
	return n, err
}

// Close ends reading.
func (c *Content) Close() error { return c.reader.Close() }
