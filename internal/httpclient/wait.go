package httpclient

import (
	"net/http"
	"strconv"
	"time"
)

// RefusedFor returns how long to wait after a refusal, by GitHub's rules: what
// Retry-After says; or until the primary limit is reset, if it is used up; or a
// minute, which doubles with each attempt.
func RefusedFor(h http.Header, now time.Time, attempt int) time.Duration {
	if wait, ok := RetryAfter(h, now); ok {
		return wait
	}
	if remaining, reset, ok := Primary(h); ok && remaining == 0 && reset.After(now) {
		return reset.Sub(now)
	}
	return time.Minute << (attempt - 1)
}

// RetryAfter reads seconds or a date (RFC 9110, 10.2.3).
func RetryAfter(h http.Header, now time.Time) (time.Duration, bool) {
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

// Primary reads the hourly limit. The header gives the reset in whole seconds, so
// the reset has happened only when that second is over.
func Primary(h http.Header) (remaining int, reset time.Time, ok bool) {
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
