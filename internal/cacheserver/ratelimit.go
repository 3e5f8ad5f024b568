package cacheserver

import (
	"cmp"
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// RateLimit is the limit of the REST API. The zero value limits nothing.
type RateLimit struct {
	Hourly int           // requests an hour, reported in X-RateLimit headers; 0: a million
	Points int           // the secondary limit: a GET costs 1 point, anything else 5; 0: none
	Per    time.Duration // the time for Points; 0: a minute
	Status int           // of a refusal by the secondary limit, 403 or 429; 0: 403
}

// limiter counts as GitHub documents its limits. A refused request costs nothing.
type limiter struct {
	limit RateLimit
	now   func() time.Time

	mu    sync.Mutex
	used  int
	reset time.Time
	spent []spending // within the last limit.Per
}

type spending struct {
	at     time.Time
	points int
}

func newLimiter(limit RateLimit, now func() time.Time) *limiter {
	limit.Hourly = cmp.Or(limit.Hourly, 1_000_000)
	limit.Per = cmp.Or(limit.Per, time.Minute)
	limit.Status = cmp.Or(limit.Status, http.StatusForbidden)
	return &limiter{limit: limit, now: now}
}

// admit counts a request and writes the headers of the limits.
func (l *limiter) admit(w http.ResponseWriter, r *http.Request) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.advance()
	if wait := l.secondaryWait(points(r)); wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
		return &restError{
			"You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
			docs + "/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits", l.limit.Status,
		}
	}
	if l.used >= l.limit.Hourly {
		l.writeHeaders(w.Header())
		return &restError{
			"API rate limit exceeded", docs + "/using-the-rest-api/rate-limits-for-the-rest-api", http.StatusForbidden,
		}
	}
	l.used++
	if l.limit.Points > 0 {
		l.spent = append(l.spent, spending{l.now(), points(r)})
	}
	l.writeHeaders(w.Header())
	return nil
}

func points(r *http.Request) int {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return 1
	}
	return 5
}

// advance begins a new hour, and drops spending that no longer counts.
func (l *limiter) advance() {
	now := l.now()
	if !now.Before(l.reset) {
		l.used, l.reset = 0, now.Add(time.Hour)
	}
	for len(l.spent) > 0 && now.Sub(l.spent[0].at) >= l.limit.Per {
		l.spent = l.spent[1:]
	}
}

// secondaryWait is how long to wait until that many points may be spent; 0 if they may now.
func (l *limiter) secondaryWait(points int) time.Duration {
	if l.limit.Points == 0 {
		return 0
	}
	free := l.limit.Points
	for _, s := range l.spent {
		free -= s.points
	}
	for _, s := range l.spent {
		if free >= points {
			return 0
		}
		free += s.points
		if free >= points {
			return l.limit.Per - l.now().Sub(s.at)
		}
	}
	return 0
}

func (l *limiter) writeHeaders(h http.Header) {
	h.Set("X-RateLimit-Limit", strconv.Itoa(l.limit.Hourly))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(l.limit.Hourly-l.used))
	h.Set("X-RateLimit-Used", strconv.Itoa(l.used))
	h.Set("X-RateLimit-Reset", strconv.FormatInt(l.reset.Unix(), 10))
	h.Set("X-RateLimit-Resource", "core")
}

type rateJSON struct {
	Limit     int   `json:"limit"`
	Used      int   `json:"used"`
	Remaining int   `json:"remaining"`
	Reset     int64 `json:"reset"`
}

// rateLimit reports the hourly limit. The request costs nothing.
func (s *Server) rateLimit(w http.ResponseWriter, _ *http.Request) error {
	l := s.limiter
	l.mu.Lock()
	l.advance()
	core := rateJSON{l.limit.Hourly, l.used, l.limit.Hourly - l.used, l.reset.Unix()}
	l.mu.Unlock()
	writeJSON(w, http.StatusOK, map[string]any{"resources": map[string]any{"core": core}, "rate": core})
	return nil
}
