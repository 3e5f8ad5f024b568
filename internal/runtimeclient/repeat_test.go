package runtimeclient

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// replying is what a service answers at a time after the start: a status, or 0 for no answer at all.
type replying func(after time.Duration) (status int, header http.Header)

func forever(status int, header ...string) replying {
	return func(time.Duration) (int, http.Header) { return status, headerOf(header...) }
}

func until(end time.Duration, status int, header ...string) replying {
	return func(after time.Duration) (int, http.Header) {
		if after < end {
			return status, headerOf(header...)
		}
		return http.StatusOK, nil
	}
}

func headerOf(lines ...string) http.Header {
	h := http.Header{}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		h.Set(name, value)
	}
	return h
}

// called makes calls one after another, and returns how long all take and the last one's error.
func called(t *testing.T, calls int, opts ServiceOptions, pace func(*Service) *pace, reply replying) (took time.Duration, err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		opts.Now = time.Now
		s, start := NewService(opts), time.Now()
		for range calls {
			_, err = s.repeat(t.Context(), pace(s), func() (int, http.Header, error) {
				status, header := reply(time.Since(start))
				if status == http.StatusOK {
					return status, header, nil
				}
				return status, header, errors.New(http.StatusText(status))
			})
		}
		took = time.Since(start)
	})
	return took, err
}

func TestHowLongAServiceIsWaitedFor(t *testing.T) {
	const s = time.Second
	for name, tt := range map[string]struct {
		reply    replying
		opts     ServiceOptions
		calls    int
		least    time.Duration
		most     time.Duration
		succeeds bool
	}{
		"one that starts slowly":                               {until(5*s, 503), ServiceOptions{Patience: 15 * s}, 1, 5 * s, 15 * s, true},
		"one that does not answer":                             {forever(0), ServiceOptions{Patience: 15 * s}, 1, 5 * s, 15 * s, false},
		"one that does not answer ten calls":                   {forever(0), ServiceOptions{Patience: 15 * s}, 10, 5 * s, 15 * s, false},
		"one that asks to wait longer than that":               {forever(503, "Retry-After: 20"), ServiceOptions{Patience: 15 * s}, 1, 0, 0, false},
		"one that throttles once and does not say how long":    {until(s, 429), ServiceOptions{}, 1, s, s, true}, // BuildKit waits a second
		"one that throttles for a while and does not say it":   {until(10*s, 429), ServiceOptions{}, 1, 15 * s, 15 * s, true},
		"one that throttles for ever":                          {forever(429), ServiceOptions{}, 1, 5 * time.Minute, 10 * time.Minute, false},
		"one that throttles for ever, for the time of timeout": {forever(429), ServiceOptions{Timeout: 20 * s}, 1, 15 * s, 20 * s, false},
		"one that asks to wait longer than timeout":            {forever(429, "Retry-After: 30"), ServiceOptions{Timeout: 20 * s}, 1, 0, 0, false},
		"one that asks to wait again and again":                {forever(429, "Retry-After: 3"), ServiceOptions{Timeout: 20 * s}, 1, 15 * s, 20 * s, false},
	} {
		t.Run(name, func(t *testing.T) {
			took, err := called(t, tt.calls, tt.opts, func(s *Service) *pace { return s.lookups }, tt.reply)
			if took < tt.least || took > tt.most || (err == nil) != tt.succeeds {
				t.Errorf("%s, %v", took, err)
			}
		})
	}
}

func TestHowLongStorageIsWaitedFor(t *testing.T) {
	const s = time.Second
	for name, tt := range map[string]struct {
		reply       replying
		least, most time.Duration
		succeeds    bool
	}{
		"that fails for a minute": {until(time.Minute, 503), 60 * s, 90 * s, true},
		"that fails for ever":     {forever(503), 110 * s, 120 * s, false},
		"that does not answer":    {forever(0), 10 * s, 15 * s, false},
	} {
		t.Run(name, func(t *testing.T) {
			took, err := called(t, 1, ServiceOptions{Patience: 15 * s, ContentPatience: 120 * s}, func(s *Service) *pace { return s.contents }, tt.reply)
			if took < tt.least || took > tt.most || (err == nil) != tt.succeeds {
				t.Errorf("%s, %v", took, err)
			}
		})
	}
}

func TestACallThatWaitsForOthersWaitsNoLongerThanTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, start := NewService(ServiceOptions{Now: time.Now, Timeout: time.Minute}), time.Now()
		refuse := func() (int, http.Header, error) {
			return http.StatusTooManyRequests, headerOf("Retry-After: 50"), errors.New("refused")
		}
		go func() { _, _ = s.repeat(t.Context(), s.lookups, refuse) }()
		time.Sleep(10 * time.Second)
		// It begins after 50 seconds, and would have to wait until 100.
		if _, err := s.repeat(t.Context(), s.lookups, refuse); err == nil || time.Since(start) > 70*time.Second {
			t.Errorf("%v after %s", err, time.Since(start))
		}
	})
}

func TestAnOutageEndsWithAReply(t *testing.T) {
	const s = time.Second
	// Each time it fails for ten seconds.
	reply := func(after time.Duration) (int, http.Header) {
		if after%(20*s) < 10*s {
			return 503, nil
		}
		return http.StatusOK, nil
	}
	synctest.Test(t, func(t *testing.T) {
		service, start := NewService(ServiceOptions{Now: time.Now, Patience: 15 * s}), time.Now()
		for range 5 {
			_, err := service.repeat(t.Context(), service.lookups, func() (int, http.Header, error) {
				status, header := reply(time.Since(start))
				if status != http.StatusOK {
					return status, header, errors.New("fails")
				}
				return status, nil, nil
			})
			if err != nil {
				t.Errorf("after %s: %v", time.Since(start), err)
			}
			time.Sleep(10 * s)
		}
	})
}
