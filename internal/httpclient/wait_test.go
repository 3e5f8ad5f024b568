package httpclient

import (
	"net/http"
	"strconv"
	"testing"
	"time"
)

func TestRefusalsHoldAsLongAsTheySay(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	reset := strconv.FormatInt(now.Add(10*time.Minute).Unix(), 10)
	for name, test := range map[string]struct {
		header  map[string]string
		attempt int
		want    time.Duration
	}{
		"seconds":                      {map[string]string{"Retry-After": "40"}, 1, 40 * time.Second},
		"a date":                       {map[string]string{"Retry-After": now.Add(time.Minute).Format(http.TimeFormat)}, 1, time.Minute},
		"a date in the past":           {map[string]string{"Retry-After": now.Add(-time.Minute).Format(http.TimeFormat)}, 1, 0},
		"the primary limit used up":    {map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}, 1, 10*time.Minute + time.Second},
		"the primary limit not used":   {map[string]string{"X-RateLimit-Remaining": "7", "X-RateLimit-Reset": reset}, 1, time.Minute},
		"nothing":                      {nil, 1, time.Minute},
		"nothing, for the third time":  {nil, 3, 4 * time.Minute},
		"nonsense":                     {map[string]string{"Retry-After": "soon"}, 1, time.Minute},
		"Retry-After before the limit": {map[string]string{"Retry-After": "3", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}, 1, 3 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			h := http.Header{}
			for key, value := range test.header {
				h.Set(key, value)
			}
			if have := RefusedFor(h, now, test.attempt); have != test.want {
				t.Errorf("have %v, want %v", have, test.want)
			}
		})
	}
}

func FuzzRefusedFor(f *testing.F) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	f.Add("40", "0", "1767323045")
	f.Add(now.Format(http.TimeFormat), "", "")
	f.Add("-1", "-1", "9223372036854775807")
	f.Fuzz(func(t *testing.T, after, remaining, reset string) {
		h := http.Header{"Retry-After": {after}, "X-Ratelimit-Remaining": {remaining}, "X-Ratelimit-Reset": {reset}}
		if wait := RefusedFor(h, now, 1); wait < 0 {
			t.Errorf("waits %v", wait)
		}
	})
}
