package cacheclient

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func FuzzTarget(f *testing.F) {
	for _, repo := range []string{"o/r", "ghes.example/o/r", "https://github.com/o/r.git", "git@github.com:o/r", "../..", "a/b?c", "x:1/o/r", "o/r#%zz"} {
		for _, api := range []string{"", "https://api.github.com", "http://user:pass@127.0.0.1:80/api/v3/?q#f", "//x"} {
			f.Add(repo, api)
		}
	}
	f.Fuzz(func(t *testing.T, repo, api string) {
		target, err := Sources{Repo: repo, Repository: "o/r", APIURL: api, Lookup: lookup(nil)}.Target()
		if err != nil {
			return
		}
		u, err := url.Parse(target.APIURL)
		if err != nil || hostOf(u) != target.Host || u.User != nil || u.RawQuery != "" || !strings.HasSuffix(u.Path, "/") {
			t.Fatalf("API %q, error %v", target.APIURL, err)
		}
		below, err := u.Parse("repos/" + target.Owner + "/" + target.Repo + "/actions")
		if want := u.Path + "repos/" + target.Owner + "/" + target.Repo + "/actions"; err != nil || below.Host != u.Host || below.Path != want {
			t.Errorf("%+v leads to %v, error %v", target, below, err)
		}
	})
}

func FuzzRefusedFor(f *testing.F) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	f.Add("40", "0", "1767323045")
	f.Add(now.Format(http.TimeFormat), "", "")
	f.Add("-1", "-1", "9223372036854775807")
	f.Fuzz(func(t *testing.T, after, remaining, reset string) {
		h := http.Header{"Retry-After": {after}, "X-Ratelimit-Remaining": {remaining}, "X-Ratelimit-Reset": {reset}}
		if wait := refusedFor(h, now, 1); wait < 0 {
			t.Errorf("waits %v", wait)
		}
	})
}

func FuzzRedact(f *testing.F) {
	f.Add("GET http://h/b?", "&sig=", " twice http://h/?a")
	f.Add(`Get "https://h/b?se=1`, "&", `": EOF`)
	f.Fuzz(func(t *testing.T, before, between, after string) {
		const token, signature = "t0k3n-t0k3n", "s1gn4tur3"
		signed := "https://host/blob?sig=" + signature
		text := redactSigned(errors.New(before+token+between+" "+signed+" "+after), token).Error()
		if strings.Contains(text, token) || strings.Contains(text, signature) || strings.Contains(text, "\n") {
			t.Error(text)
		}
	})
}
