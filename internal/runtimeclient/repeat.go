package runtimeclient

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/httpclient"
)

// repeat calls try again while it may succeed later. It reports whether a reply was lost, so that an earlier attempt may
// have succeeded. The status is 0 if there was no reply.
func (s *Service) repeat(ctx context.Context, pace *pace, try func() (status int, header http.Header, err error)) (lost bool, err error) {
	var failing, throttled time.Time
	refusals := 0
	for attempt := 1; ; attempt++ {
		if now := s.opts.Now(); throttled.IsZero() && pace.until().After(now) {
			throttled = now // the refusal of another request holds this one
		}
		if ended := pace.acquire(ctx); ended != nil {
			return lost, cmp.Or(err, ended)
		}
		status, header, failure := try()
		if err = failure; err == nil {
			pace.outage.end()
			return lost, nil
		}
		now := s.opts.Now()
		asked, asks := httpclient.RetryAfter(header, now)
		asks = asks && asked > 0
		switch {
		case status == http.StatusTooManyRequests:
			if throttled.IsZero() {
				throttled = now
			}
			refusals++
			wait, ok := within(asked, asks, min(time.Second<<min(refusals-1, 7), maxThrottle), s.opts.Timeout-now.Sub(throttled))
			if !ok {
				return lost, err
			}
			pace.pause(now.Add(wait))
			continue
		case status == 0 && !httpclient.Passing(err):
			return lost, err
		case status > 0 && status < http.StatusInternalServerError:
			pace.outage.end()
			return lost, err
		}
		lost = lost || mayHaveArrived(status, err)
		if failing.IsZero() {
			failing = now
		}
		patience := pace.outage.patience
		if status == 0 {
			patience = min(patience, s.opts.Patience) // probably nothing is there
		}
		left := patience - now.Sub(earlier(failing, pace.outage.begin(now)))
		wait, ok := within(asked, asks, httpclient.Delay(attempt), left)
		if !ok || httpclient.Sleep(ctx, wait) != nil {
			return lost, err
		}
	}
}

// mayHaveArrived reports whether the service may have done what a request without a reply of its own asked for.
func mayHaveArrived(status int, err error) bool {
	if status == 0 {
		op, ok := errors.AsType[*net.OpError](err)
		return !ok || op.Op != "dial"
	}
	return status == http.StatusBadGateway || status == http.StatusGatewayTimeout
}

// maxThrottle is the longest that BuildKit waits at a time for a service that throttles and does not say how long.
const maxThrottle = 90 * time.Second

// within returns how long to wait before the next attempt: as long as the service asks for, or by the caller's own
// measure, so that the last attempt is at the end of the time left. It is false if there is no time left for that.
func within(asked time.Duration, asks bool, own, left time.Duration) (wait time.Duration, ok bool) {
	if asks {
		return asked, asked <= left
	}
	return min(own, left), left > 0
}

// Backoff waits before the next attempt of a request that failed: as long as the service asks for, or a time that doubles.
// It returns err at once if the service asks for more than the time left.
func Backoff(ctx context.Context, err error, attempt int, left time.Duration) error {
	wait := httpclient.Delay(attempt)
	if refused, ok := errors.AsType[*ServiceError](err); ok && refused.after > 0 {
		if wait = refused.after; wait > left {
			return err
		}
	}
	return httpclient.Sleep(ctx, wait)
}

// outage is the time in which a host has failed all requests. A host that is down would otherwise be waited for with
// each request.
type outage struct {
	patience time.Duration

	mu          sync.Mutex
	since, last time.Time
}

// begin returns when it began, after a request that failed. Requests that failed long ago are not part of it.
func (o *outage) begin(now time.Time) time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.since.IsZero() || now.Sub(o.last) > o.patience {
		o.since = now
	}
	o.last = now
	return o.since
}

// end notes that the host works.
func (o *outage) end() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.since = time.Time{}
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
