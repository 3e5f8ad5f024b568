package httpclient

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"math/rand/v2"
	"net"
	"time"
)

const (
	// Attempts is how often [Retry] tries.
	Attempts = 5

	firstDelay = 500 * time.Millisecond
	maxDelay   = 15 * time.Second // of those who retry for minutes
)

// Retry calls try until try asks for no repetition, at most five times. Between two
// calls it waits as long as try says, or for 0 a time that doubles. It returns the
// last error of try, also if ctx ends while it waits.
func Retry(ctx context.Context, try func(attempt int) (again bool, wait time.Duration, err error)) error {
	for attempt := 1; ; attempt++ {
		again, wait, err := try(attempt)
		if !again || attempt == Attempts {
			return err
		}
		if ended := Sleep(ctx, cmp.Or(wait, Delay(attempt))); ended != nil {
			return cmp.Or(err, ended)
		}
	}
}

// Delay is how long to wait after an attempt, of which the first is 1. It doubles with each attempt, up to 15 seconds.
// Jitter keeps clients apart that failed at once.
func Delay(attempt int) time.Duration {
	d := firstDelay << min(attempt-1, 10)
	return min(d/2+rand.N(d), maxDelay) //nolint:gosec // nobody gains by guessing it
}

// Sleep waits, or returns the cause for which ctx ended.
func Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}

// Passing reports whether a request that got no reply may get one later.
func Passing(err error) bool {
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
		return false
	}
	_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	return !untrusted && !errors.Is(err, ErrTooLarge)
}
