package cacheclient

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/httpclient"
	"github.com/google/go-github/v92/github"
)

const maxReply = 64 << 20 // bytes; the largest page is that of a repository with very many branches

// transport sends requests without bodies, as fast as the limits allow. It adds the
// token, refuses every other API, and repeats requests that may succeed later. It
// reads the whole reply, so that it can repeat one that breaks off.
type transport struct {
	base  http.RoundTripper
	api   *url.URL
	token string
	pacer *pacer
	clock *clock

	attempts int
}

// RoundTrip implements [http.RoundTripper].
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Host != t.api.Host || req.URL.Scheme != t.api.Scheme {
		return nil, fmt.Errorf("not sending the token for %s to %s://%s", t.api.Host, req.URL.Scheme, req.URL.Host)
	}
	ctx, cost := req.Context(), points(req.Method)
	req = req.Clone(ctx)
	req.Header.Set("Authorization", "Bearer "+t.token)
	var resp *http.Response
	err := httpclient.Retry(ctx, func(attempt int) (again bool, wait time.Duration, err error) {
		if err := t.pacer.acquire(ctx, cost); err != nil {
			return false, 0, err
		}
		defer t.pacer.release(cost) // after judge, which tells the pacer the limits
		resp, err = t.send(req)     //nolint:bodyclose // send has read and closed it
		again, wait = t.judge(resp, err, attempt)
		return again && attempt < t.attempts, wait, err
	})
	if err != nil {
		return nil, err
	}
	return resp, nil
}

func points(method string) int {
	if method == http.MethodGet {
		return 1
	}
	return 5
}

// lastWord is how long an interrupted deletion is waited for. Without, nobody would know
// whether it was done.
const lastWord = 5 * time.Second

func (t *transport) send(req *http.Request) (*http.Response, error) {
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(req.Context()), httpclient.AttemptTimeout)
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
		return nil, httpclient.ErrTooLarge
	}
	resp.Body, resp.Request = io.NopCloser(bytes.NewReader(body)), req
	return resp, nil
}

// judge tells the pacer the limits that the reply states, and the caller whether and
// when to send the request again. After a refusal, the pacer also waits.
func (t *transport) judge(resp *http.Response, err error, attempt int) (again bool, wait time.Duration) {
	if err != nil {
		return httpclient.Passing(err), 0
	}
	t.clock.observe(resp.Header)
	now := t.pacer.now()
	if remaining, reset, ok := httpclient.Primary(resp.Header); ok {
		t.pacer.observe(remaining, reset)
	}
	if refused(resp) {
		t.pacer.refuse(httpclient.RefusedFor(resp.Header, now, attempt))
		return true, 0
	}
	if resp.StatusCode < http.StatusInternalServerError || resp.StatusCode == http.StatusNotImplemented {
		return false, 0
	}
	if wait, ok := httpclient.RetryAfter(resp.Header, now); ok && wait <= t.pacer.maxWait {
		return true, wait
	}
	return true, 0
}

// refused reports whether a reply means that a rate limit was exceeded. GitHub
// answers 403 to that, and to a missing permission.
func refused(resp *http.Response) bool {
	if resp.StatusCode == http.StatusTooManyRequests {
		return true
	}
	if resp.StatusCode != http.StatusForbidden {
		return false
	}
	err := github.CheckResponse(resp)
	_, first := errors.AsType[*github.RateLimitError](err)
	_, second := errors.AsType[*github.AbuseRateLimitError](err)
	return first || second || resp.Header.Get("Retry-After") != ""
}
