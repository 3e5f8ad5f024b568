package cacheserver

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-github/v92/github"
)

func TestSecondaryLimit(t *testing.T) {
	for _, status := range []int{403, 429} {
		c := &clock{now: time.Now()}
		s := serve(t, Options{Now: c.Now, RateLimit: RateLimit{Points: 10, Status: status}})
		token := s.restToken(t, true)
		get := func() reply { return s.do(t, "GET", "/repos/local/repo/actions/caches", token, "") }
		remove := func() reply { return s.do(t, "DELETE", "/repos/local/repo/actions/caches/1", token, "") }
		for i := range 4 {
			if got := get(); got.status != 200 {
				t.Fatalf("%d: %d", i, got.status)
			}
		}
		c.advance(20 * time.Second)
		if got := remove(); got.status != 404 {
			t.Fatalf("delete: %d %s", got.status, got.body)
		}
		if got := remove(); got.status != status || got.header.Get("Retry-After") != "40" || !strings.Contains(got.body, "secondary rate limit") {
			t.Errorf("delete over the limit: %d %v %s", got.status, got.header, got.body)
		}
		if got := get(); got.status != 200 {
			t.Errorf("the last point: %d", got.status)
		}
		_, err := s.github(t, true).Actions.DeleteCachesByID(t.Context(), "local", "repo", 1)
		if e, ok := errors.AsType[*github.AbuseRateLimitError](err); !ok || e.GetRetryAfter() != time.Minute {
			t.Errorf("go-github: %v", err) // the 4 points that come back after 40 seconds are too few now
		}
		c.advance(40 * time.Second)
		if got := get(); got.status != 200 {
			t.Errorf("after the wait: %d", got.status)
		}
		if got := remove(); got.status == 404 {
			t.Error("more than 10 points were granted within a minute")
		}
	}
}

func TestHourlyLimit(t *testing.T) {
	c := &clock{now: time.Unix(1_800_000_000, 0)}
	s := serve(t, Options{Now: c.Now, RateLimit: RateLimit{Hourly: 2}})
	token := s.restToken(t, false)
	const path = "/repos/local/repo/actions/caches"
	for _, remaining := range []string{"1", "0"} {
		got := s.do(t, "GET", path, token, "")
		if got.status != 200 || got.header.Get("X-RateLimit-Remaining") != remaining || got.header.Get("X-RateLimit-Reset") != "1800003600" {
			t.Fatalf("%d %v", got.status, got.header)
		}
	}
	if got := s.do(t, "GET", path, token, ""); got.status != 403 || got.header.Get("X-RateLimit-Remaining") != "0" {
		t.Errorf("over the limit: %d %v", got.status, got.header)
	}
	got := s.do(t, "GET", "/rate_limit", token, "")
	if want := `"rate":{"limit":2,"used":2,"remaining":0,"reset":1800003600}`; got.status != 200 || !strings.Contains(got.body, want) {
		t.Errorf("%d %s", got.status, got.body)
	}
	c.advance(time.Hour - time.Second)
	if got := s.do(t, "GET", path, s.restToken(t, false), ""); got.status != 403 {
		t.Errorf("too early: %d", got.status)
	}
	c.advance(time.Second)
	if got := s.do(t, "GET", path, s.restToken(t, false), ""); got.status != 200 {
		t.Errorf("after the hour: %d", got.status)
	}
	limits, _, err := s.github(t, false).RateLimit.Get(t.Context())
	if err != nil || limits.Core.Limit != 2 || fmt.Sprint(limits.Core.Remaining) != "1" {
		t.Errorf("go-github: %v, %v", limits, err)
	}
}
