package runtimeclient

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/httpclient"
	"github.com/golang-jwt/jwt/v5"
	actionscache "github.com/tonistiigi/go-actions-cache"
)

// ErrNotFound means that the token's refs hold no such entry.
var ErrNotFound = errors.New("no such cache entry")

// The longest time of a lookup and of reading an index, both with their repetitions.
const (
	lookupTimeout = time.Minute
	indexTimeout  = 2 * time.Minute
)

// Reader reads entries with a job's runtime token, as BuildKit does. It sees the
// refs that the token grants, and cannot list them. The service counts a lookup as a
// use of the entry. A Reader is safe for concurrent use.
type Reader struct {
	cache      *actionscache.Cache
	token      string
	repository int64 // its number, as the token says; 0 if it does not
}

// NewReader returns a client of the service at url, which is $ACTIONS_RESULTS_URL
// for version 2 and $ACTIONS_CACHE_URL for version 1. It sends nothing. It returns an
// error if the token cannot be read or has expired.
func NewReader(url string, version int, token, userAgent string) (*Reader, error) {
	cache, err := actionscache.New(token, url, version == 2, actionscache.Opt{
		Client:      &http.Client{Transport: httpclient.NewTransport()},
		Timeout:     lookupTimeout,
		BackoffPool: &actionscache.BackoffPool{},
		UserAgent:   userAgent,
	})
	if err != nil {
		return nil, fmt.Errorf("reading the runtime token: %w", httpclient.RedactSigned(err, token))
	}
	return &Reader{cache, token, repositoryOf(token)}, nil
}

// repositoryOf reads the repository's number from a token that NewReader has parsed.
func repositoryOf(token string) int64 {
	var claims struct {
		jwt.RegisteredClaims
		ID json.Number `json:"repository_id"` // GitHub's is a string
	}
	if _, _, err := jwt.NewParser().ParseUnverified(token, &claims); err != nil {
		return 0
	}
	id, _ := claims.ID.Int64() // 0 if it is not a number
	return id
}

// Repository is the number of the repository that the token is for; 0 if it does not say.
func (r *Reader) Repository() int64 { return r.repository }

// Reads reports whether the token reads the entries of a ref.
func (r *Reader) Reads(ref string) bool {
	for _, s := range r.cache.Scopes() {
		if s.Scope == ref && s.Permission&actionscache.PermissionRead != 0 {
			return true
		}
	}
	return false
}

// Has reports whether there is an entry with exactly this key.
func (r *Reader) Has(ctx context.Context, key string) (bool, error) {
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
func (r *Reader) Probe(ctx context.Context) error {
	const key = "docker-ghacache-doctor"
	if _, err := r.cache.Load(ctx, key); err != nil {
		return fmt.Errorf("looking up cache %q: %w", key, r.describe(err))
	}
	return nil
}

// find returns the entry with exactly this key. The service also matches longer
// keys, and prefers a longer key on the token's first ref to the exact one on its
// second.
func (r *Reader) find(ctx context.Context, key string) (*actionscache.Entry, error) {
	entry, err := r.match(ctx, key)
	if err == nil && entry.Key != key {
		return nil, fmt.Errorf("looking up cache %q: %w", key, ErrNotFound)
	}
	return entry, err
}

// match returns the entry that the service finds for a key or a prefix.
func (r *Reader) match(ctx context.Context, key string) (*actionscache.Entry, error) {
	var entry *actionscache.Entry
	err := httpclient.Retry(ctx, func(int) (again bool, wait time.Duration, err error) {
		entry, err = r.cache.Load(ctx, key)
		if err == nil && entry == nil {
			err = ErrNotFound
		}
		return err != nil && passing(err), 0, err
	})
	if err != nil {
		return nil, fmt.Errorf("looking up cache %q: %w", key, r.describe(err))
	}
	return entry, nil
}

// passing reports whether a failed lookup may succeed later. go-actions-cache
// has already waited for a service that throttles.
func passing(err error) bool {
	if reply, ok := errors.AsType[actionscache.HTTPError](err); ok {
		return reply.StatusCode >= http.StatusInternalServerError
	}
	return !errors.Is(err, ErrNotFound) && httpclient.Passing(err)
}

// describe adds the URL and the status, which go-actions-cache leaves out, and removes
// secrets.
func (r *Reader) describe(err error) error {
	if reply, ok := errors.AsType[actionscache.HTTPError](err); ok {
		err = fmt.Errorf("%s: %d %w", strings.TrimRight(r.cache.URL, "/"), reply.StatusCode, err)
	}
	return httpclient.RedactSigned(err, r.token)
}
