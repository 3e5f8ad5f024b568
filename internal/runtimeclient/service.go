package runtimeclient

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/httpclient"
)

// What GitHub allows in a minute and repository
// (https://docs.github.com/actions/reference/workflows-and-actions/dependency-caching).
const (
	uploadsPerMinute   = 200
	downloadsPerMinute = 1500
)

// ServiceOptions configure a [Service]. All but URL, Token and Now may be zero.
type ServiceOptions struct {
	URL       string // as in $ACTIONS_RESULTS_URL
	Token     string // the runtime token
	UserAgent string // empty: that of Go
	Now       func() time.Time

	// Patience is how long calls that fail in passing are repeated: each one, and all together while none gets a reply
	// that shows that the service works. Zero means 8 seconds.
	Patience time.Duration
	// ContentPatience is the same for requests with content, which go to another host, as long as that one replies. Zero
	// means Patience.
	ContentPatience time.Duration
	// Timeout is how long a request is repeated in addition while the service throttles. Zero means ten minutes, as
	// for BuildKit.
	Timeout time.Duration
	// Parallel is how many connections to a host are kept. Zero means 48.
	Parallel int

	Throttled func()               // called for each reply with status 429; nil: nothing
	Waiting   func() (done func()) // called around each wait for a limit; nil: nothing
}

// Service calls version 2 of the cache service, for a program that stands between a client and the service. It keeps to
// the documented limits. It is safe for concurrent use.
type Service struct {
	opts    ServiceOptions
	client  *http.Client
	uploads *pace
	lookups *pace
	// No limits of their own are known for these, which follow uploads. They pause when the service asks for it.
	commits, contents *pace
}

// NewService returns a client of the service. It sends nothing.
func NewService(opts ServiceOptions) *Service {
	opts.Patience = cmp.Or(opts.Patience, 8*time.Second)
	opts.ContentPatience = cmp.Or(opts.ContentPatience, opts.Patience)
	opts.Timeout = cmp.Or(opts.Timeout, callTimeout)
	if opts.Throttled == nil {
		opts.Throttled = func() {}
	}
	if opts.Waiting == nil {
		opts.Waiting = func() func() { return func() {} }
	}
	transport := httpclient.NewTransport()
	// With version 2, all requests would share one connection, whose speed the storage limits.
	transport.ForceAttemptHTTP2 = false
	transport.MaxIdleConnsPerHost = cmp.Or(opts.Parallel, parallelReads)
	transport.DialContext = receiving(transport.DialContext)
	transport.WriteBufferSize, transport.ReadBufferSize = 64<<10, 64<<10
	calls, storage := &outage{patience: opts.Patience}, &outage{patience: opts.ContentPatience}
	s := &Service{
		opts: opts, client: &http.Client{Transport: watched{transport, opts.Throttled}},
		uploads: newPace(uploadsPerMinute, time.Minute, calls, opts), lookups: newPace(downloadsPerMinute, time.Minute, calls, opts),
		commits: newPace(1, 0, calls, opts), contents: newPace(1, 0, storage, opts),
	}
	return s
}

// watched counts the replies of a service that throttles.
type watched struct {
	http.RoundTripper
	throttled func()
}

// RoundTrip implements [http.RoundTripper].
func (w watched) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := w.RoundTripper.RoundTrip(r)
	if err == nil && resp.StatusCode == http.StatusTooManyRequests {
		w.throttled()
	}
	return resp, err
}

// ServiceError is a reply that refuses a call.
type ServiceError struct {
	Status  int    // 200: the service answered that it is not ok
	Code    string // of Twirp; empty if the reply has none
	Message string // of the service, without secrets
	call    string
	after   time.Duration // how long the service asks to wait; 0 if it does not
}

func (e *ServiceError) Error() string {
	if e.Status == http.StatusOK {
		return fmt.Sprintf("%s: the service rejected it: %s", e.call, e.Message)
	}
	return fmt.Sprintf("%s: %d %s: %s", e.call, e.Status, http.StatusText(e.Status), e.Message)
}

// ErrReplyLost means that the service may have reserved a key, and that nobody has the URL for its content.
var ErrReplyLost = errors.New("the connection broke when the key was reserved, so the key stays reserved for some time")

// Reserve reserves a key for an upload. It returns [io/fs.ErrExist] if there is such an entry, or another upload has
// reserved the key.
func (s *Service) Reserve(ctx context.Context, key, version string) (*BlobWriter, error) {
	var reply struct {
		OK      bool   `json:"ok"`
		URL     string `json:"signed_upload_url"`
		Message string `json:"message"`
	}
	lost, err := s.call(ctx, s.uploads, "CreateCacheEntry", map[string]any{"key": key, "version": version}, &reply)
	switch {
	case lost && errors.Is(err, fs.ErrExist):
		return nil, fmt.Errorf("%w: %w", err, ErrReplyLost)
	case err != nil:
		return nil, err
	case !reply.OK:
		return nil, &ServiceError{Status: http.StatusOK, Message: s.quote(reply.Message), call: "CreateCacheEntry"}
	}
	return &BlobWriter{reply.URL, s}, nil
}

// Finish makes an entry of an upload of size bytes.
func (s *Service) Finish(ctx context.Context, key, version string, size int64) error {
	var reply struct {
		OK      bool   `json:"ok"`
		Message string `json:"message"`
	}
	// int64 is a string in the JSON of protobuf.
	finish := map[string]any{"key": key, "version": version, "size_bytes": strconv.FormatInt(size, 10)}
	_, err := s.call(ctx, s.commits, "FinalizeCacheEntryUpload", finish, &reply)
	if err != nil || reply.OK {
		return err
	}
	// An earlier call may have committed it, and its reply was lost.
	if found, err := s.Find(ctx, version, key); err == nil && found.Key == key || err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	return fmt.Errorf("the service did not commit it: %s", s.quote(reply.Message))
}

// Found is what a lookup found.
type Found struct {
	Key string // the one that matched, which may be longer than the one looked up
	URL string // of the content, signed
}

// Find looks keys up, as the service does: the first is exact or a prefix, and so are the others. It returns
// [ErrNotFound] if there is no such entry.
func (s *Service) Find(ctx context.Context, version string, keys ...string) (Found, error) {
	var reply struct {
		OK  bool   `json:"ok"`
		URL string `json:"signed_download_url"`
		Key string `json:"matched_key"`
	}
	// go-actions-cache also sends the first key twice.
	find := map[string]any{"key": keys[0], "restore_keys": keys, "version": version}
	if _, err := s.call(ctx, s.lookups, "GetCacheEntryDownloadURL", find, &reply); err != nil {
		return Found{}, err
	}
	if !reply.OK {
		return Found{}, fmt.Errorf("looking up cache %q: %w", keys[0], ErrNotFound)
	}
	return Found{reply.Key, reply.URL}, nil
}

func (s *Service) call(ctx context.Context, pace *pace, method string, request, reply any) (lost bool, err error) {
	body, err := json.Marshal(request)
	if err != nil {
		return false, err
	}
	return s.repeat(ctx, pace, func() (int, http.Header, error) { return s.try(ctx, method, body, reply) })
}

// try calls once. Status is 0 if there was no reply.
func (s *Service) try(ctx context.Context, method string, body []byte, reply any) (status int, header http.Header, err error) {
	ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	url := strings.TrimRight(s.opts.URL, "/") + "/twirp/github.actions.results.api.v1.CacheService/" + method
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return http.StatusBadRequest, nil, httpclient.RedactSigned(err, s.opts.Token)
	}
	req.Header.Set("Authorization", "Bearer "+s.opts.Token)
	req.Header.Set("Content-Type", "application/json")
	if s.opts.UserAgent != "" {
		req.Header.Set("User-Agent", s.opts.UserAgent)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return 0, nil, httpclient.RedactSigned(err, s.opts.Token)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 32<<10))
	switch {
	case err != nil:
		return 0, nil, httpclient.RedactSigned(err, s.opts.Token)
	case resp.StatusCode == http.StatusOK:
		if err := json.Unmarshal(text, reply); err != nil {
			return http.StatusBadRequest, nil, fmt.Errorf("%s: reading the reply: %w", method, err)
		}
		return http.StatusOK, nil, nil
	case resp.StatusCode == http.StatusConflict:
		return resp.StatusCode, nil, fs.ErrExist
	}
	return resp.StatusCode, resp.Header, s.refusal(resp, method, text)
}

func (s *Service) refusal(resp *http.Response, method string, text []byte) error {
	after, _ := httpclient.RetryAfter(resp.Header, s.opts.Now())
	var twirp struct {
		Code string `json:"code"`
		Msg  string `json:"msg"`
	}
	if err := json.Unmarshal(text, &twirp); err != nil || twirp.Msg == "" {
		twirp.Msg = string(text)
	}
	return &ServiceError{Status: resp.StatusCode, Code: s.quote(twirp.Code), Message: s.quote(twirp.Msg), call: method, after: after}
}

// quote makes a text of the service fit for errors, which get into logs and into what BuildKit prints: a service may say
// what it was asked, and by that the token or a signed URL.
func (s *Service) quote(text string) string {
	return httpclient.RedactSigned(errors.New(text), s.opts.Token).Error()
}
