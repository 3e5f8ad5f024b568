package cacheclient

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"time"
)

const (
	attempts       = 5
	attemptTimeout = 30 * time.Second
	firstBackoff   = 500 * time.Millisecond
	maxReply       = 64 << 20 // bytes; the largest page is that of a repository with very many branches
)

// transport sends requests without bodies: when the limits allow, with the token
// if they are for the API it belongs to, and again where they failed in passing.
// It reads the whole reply, so that one that breaks off is repeated as well.
type transport struct {
	base  http.RoundTripper
	api   *url.URL
	token string
	pacer *pacer
	clock *clock
}

// RoundTrip implements [http.RoundTripper].
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Host != t.api.Host || req.URL.Scheme != t.api.Scheme {
		return nil, fmt.Errorf("not sending the token for %s to %s://%s", t.api.Host, req.URL.Scheme, req.URL.Host)
	}
	ctx, cost := req.Context(), points(req.Method)
	req = req.Clone(ctx)
	req.Header.Set("Authorization", "Bearer "+t.token)
	for attempt := 1; ; attempt++ {
		if err := t.pacer.acquire(ctx, cost); err != nil {
			return nil, err
		}
		resp, err := t.send(req)
		again, wait := t.judge(resp, err, attempt)
		t.pacer.release(cost) // once the limits are known that the reply tells
		if !again || attempt == attempts || ctx.Err() != nil {
			return resp, err
		}
		if err := sleep(ctx, wait); err != nil {
			return nil, err
		}
	}
}

func points(method string) int {
	if method == http.MethodGet {
		return 1
	}
	return 5
}

var errTooLarge = errors.New("the reply is too large")

// lastWord is how long an interrupted deletion is waited for. Without, nobody would know
// whether it was done.
const lastWord = 5 * time.Second

func (t *transport) send(req *http.Request) (*http.Response, error) {
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(req.Context()), attemptTimeout)
	defer cancel()
	patience := time.Duration(0)
	if req.Method == http.MethodDelete {
		patience = lastWord
	}
	defer context.AfterFunc(req.Context(), func() { time.AfterFunc(patience, cancel) })()
	resp, err := t.base.RoundTrip(req.WithContext(ctx))
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxReply+1))
	if err != nil {
		return nil, fmt.Errorf("reading the reply: %w", err)
	}
	if len(body) > maxReply {
		return nil, errTooLarge
	}
	resp.Body, resp.Request = io.NopCloser(bytes.NewReader(body)), req
	return resp, nil
}

// judge tells the pacer what the reply says of the limits, and the caller whether
// to send the request again, and when. After a refusal the pacer knows when.
func (t *transport) judge(resp *http.Response, err error, attempt int) (again bool, wait time.Duration) {
	if err != nil {
		return passing(err), backoff(attempt)
	}
	t.clock.observe(resp.Header)
	now := t.pacer.now()
	if remaining, reset, ok := primary(resp.Header); ok {
		t.pacer.observe(remaining, reset)
	}
	if refused(resp) {
		t.pacer.refuse(refusedFor(resp.Header, now, attempt))
		return true, 0
	}
	if resp.StatusCode < http.StatusInternalServerError || resp.StatusCode == http.StatusNotImplemented {
		return false, 0
	}
	if wait, ok := retryAfter(resp.Header, now); ok && wait <= t.pacer.maxWait {
		return true, wait
	}
	return true, backoff(attempt)
}

// passing reports whether a request without a reply may have one later.
func passing(err error) bool {
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
		return false
	}
	_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	return !untrusted && !errors.Is(err, errTooLarge)
}

// backoff doubles with each attempt; jitter keeps clients apart that failed at once.
func backoff(attempt int) time.Duration {
	d := firstBackoff << (attempt - 1)
	return d/2 + rand.N(d) //nolint:gosec // nobody gains by guessing it
}
