package cacheclient

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/google/go-github/v92/github"
)

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

// refusedFor returns how long to wait after a refusal, by GitHub's rules: what
// Retry-After says; or until the primary limit is reset, if it is used up; or a
// minute, which doubles with each attempt.
func refusedFor(h http.Header, now time.Time, attempt int) time.Duration {
	if wait, ok := retryAfter(h, now); ok {
		return wait
	}
	if remaining, reset, ok := primary(h); ok && remaining == 0 && reset.After(now) {
		return reset.Sub(now)
	}
	return time.Minute << (attempt - 1)
}

// retryAfter reads seconds or a date (RFC 9110, 10.2.3).
func retryAfter(h http.Header, now time.Time) (time.Duration, bool) {
	value := h.Get("Retry-After")
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second, true
	}
	date, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	return max(date.Sub(now), 0), true
}

// primary reads the hourly limit. The header gives the reset in whole seconds, so
// the reset has happened only when that second is over.
func primary(h http.Header) (remaining int, reset time.Time, ok bool) {
	remaining, err := strconv.Atoi(h.Get("X-RateLimit-Remaining"))
	if err != nil {
		return 0, time.Time{}, false
	}
	seconds, err := strconv.ParseInt(h.Get("X-RateLimit-Reset"), 10, 64)
	if err != nil {
		return 0, time.Time{}, false
	}
	return remaining, time.Unix(seconds+1, 0), true
}
