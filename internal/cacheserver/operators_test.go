package cacheserver

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestMetricsShowWhatHappens(t *testing.T) {
	s := serve(t, Options{MaxSize: 100})
	c := s.cache(t, true)
	for i := range 3 {
		if err := c.Save(t.Context(), fmt.Sprint("secret-key-", i), blobOf(40)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Load(t.Context(), "secret-key-2"); err != nil {
		t.Fatal(err)
	}
	if e, err := c.Load(t.Context(), "missing"); e != nil || err != nil {
		t.Fatal(e, err)
	}
	s.upURL(t, s.token(t), "unfinished")
	got := s.do(t, "GET", "/metrics", "", "").body
	for _, want := range []string{
		`ghacache_lookups_total{result="hit"} 1`, `ghacache_lookups_total{result="miss"} `, "ghacache_entries 2", "ghacache_bytes 80", "ghacache_limit_bytes 100",
		"ghacache_evictions_total 1", "ghacache_reservations 1", "ghacache_received_bytes_total",
		`ghacache_request_duration_seconds_count{route="PUT /devstoreaccount1/cache/{id}",status="201"}`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is missing in\n%s", want, got)
		}
	}
	for _, secret := range []string{"secret-key", mainRef, "sig="} {
		if strings.Contains(got, secret) {
			t.Errorf("%s is shown", secret)
		}
	}
}

func TestHealth(t *testing.T) {
	s := serve(t, Options{})
	if got := s.do(t, "GET", "/healthz", "", ""); got.status != 200 || got.body != "ok\n" {
		t.Errorf("%d %q", got.status, got.body)
	}
}

// Anybody may ask, so that asking often writes no more.
func TestHealthIsLookedAtNowAndThen(t *testing.T) {
	c, dir := &clock{now: time.Now()}, t.TempDir()
	s := serve(t, Options{Dir: dir, Now: c.Now})
	ask := func() string {
		t.Helper()
		if got := s.do(t, "GET", "/healthz", "", ""); got.status != 200 {
			t.Fatalf("%d %q", got.status, got.body)
		}
		written, err := os.ReadFile(filepath.Join(dir, "entries.db"))
		if err != nil {
			t.Fatal(err)
		}
		return string(written)
	}
	first := ask()
	for range 20 {
		if ask() != first {
			t.Fatal("it was written again")
		}
	}
	if c.advance(time.Minute); ask() == first {
		t.Error("nobody looked after a minute")
	}
}

// The access log has a line for each request, and no token, signature or key.
func TestAccessLog(t *testing.T) {
	for format, check := range map[LogFormat]func(line string) bool{
		LogJSON: func(line string) bool { return json.Valid([]byte(line)) && strings.Contains(line, `"status":`) },
		LogText: func(line string) bool {
			return strings.Contains(line, "msg=request") && strings.Contains(line, " status=")
		},
	} {
		log := &bytes.Buffer{}
		s, err := Open(Options{Dir: t.TempDir(), Log: log, LogFormat: format})
		if err != nil {
			t.Fatal(err)
		}
		in := service{Server: s, url: "http://service"}
		token := in.token(t)
		_, up, _ := in.reserve(t)
		for _, r := range []string{"GET " + v1Path + "cache?keys=secret-key&version=v", "PUT " + up + "&comp=block&blockid=YQ==", "GET /%0Aforged%1b[31m"} {
			method, url, _ := strings.Cut(r, " ")
			request := httptest.NewRequest(method, url, nil)
			request.Header.Set("Authorization", "Bearer "+token)
			newRecorder(s, request)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(log.String()), "\n")
		if len(lines) != 3 {
			t.Errorf("%d lines:\n%s", len(lines), log)
		}
		for _, line := range lines {
			if !check(line) {
				t.Errorf("%s: %s", format, line)
			}
		}
		for _, secret := range []string{token, "sig", "secret-key", "\x1b"} {
			if strings.Contains(log.String(), secret) {
				t.Errorf("%q is in\n%s", secret, log)
			}
		}
	}
	if _, err := Open(Options{Dir: t.TempDir(), LogFormat: "yaml"}); err == nil {
		t.Error("yaml is taken")
	}
}
