package cacheserver

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func (s service) jobToken(t testing.TB, scopes ...RefAccess) string {
	t.Helper()
	token, err := s.JobRESTToken(scopes, "main", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// A job does over REST what it may do to its refs, and no more.
func TestRESTTokensOfJobs(t *testing.T) {
	const limit, caches = "/repos/local/repo/actions/cache/storage-limit", "/repos/local/repo/actions/caches"
	readMain, pr := RefAccess{Ref: mainRef}, RefAccess{Ref: "refs/pull/7/merge", Write: true}
	for name, tt := range map[string]struct {
		scopes                             []RefAccess
		list, main, pr, key, limits, other int
	}{
		"main":         {[]RefAccess{{Ref: mainRef, Write: true}}, 200, 204, 204, 200, 204, 204},
		"pull request": {[]RefAccess{pr, readMain}, 200, 403, 204, 403, 403, 403},
		"main, read":   {[]RefAccess{readMain}, 200, 403, 403, 403, 403, 403},
		"branch":       {[]RefAccess{{Ref: "refs/heads/dev", Write: true}, readMain}, 200, 403, 403, 403, 403, 403},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, Options{})
			onMain, onPull := s.save(t, mainRef, "a", "1"), s.save(t, pr.Ref, "b", "2")
			s.save(t, mainRef, "c", "3")
			other := s.save(t, "refs/pull/8/merge", "d", "4")
			token := s.jobToken(t, tt.scopes...)
			for what, call := range map[string]struct {
				method, path, body string
				want               int
			}{
				"list":            {"GET", caches, "", tt.list},
				"delete on main":  {"DELETE", fmt.Sprint(caches, "/", onMain), "", tt.main},
				"delete its own":  {"DELETE", fmt.Sprint(caches, "/", onPull), "", tt.pr},
				"delete by key":   {"DELETE", caches + "?key=c", "", tt.key},
				"delete others'":  {"DELETE", fmt.Sprint(caches, "/", other), "", tt.other},
				"set the limit":   {"PUT", limit, `{"max_cache_size_gb":1}`, tt.limits},
				"read the limit":  {"GET", limit, "", 200},
				"set it upstairs": {"PUT", "/organizations/local/actions/cache/retention-limit", `{"max_cache_retention_days":1}`, tt.limits},
			} {
				if got := s.do(t, call.method, call.path, token, call.body); got.status != call.want {
					t.Errorf("%s: %d %s, want %d", what, got.status, got.body, call.want)
				}
			}
		})
	}
}

func TestDeletionByKeyLeavesWhatTheTokenMayNotDelete(t *testing.T) {
	s := serve(t, Options{})
	s.save(t, mainRef, "k", "1")
	s.save(t, "refs/pull/7/merge", "k", "2")
	got := s.do(t, "DELETE", "/repos/local/repo/actions/caches?key=k", s.jobToken(t, pull(7)...), "")
	if got.status != 200 || !strings.Contains(got.body, `"total_count":1`) || !strings.Contains(got.body, "refs/pull/7/merge") || s.onMain() != 1 {
		t.Errorf("%d %s, %d on main", got.status, got.body, s.onMain())
	}
}

func TestTokensBelongToTheirRepository(t *testing.T) {
	dir := t.TempDir()
	first, err := Open(Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	old := service{Server: first}
	runtime, rest := old.token(t), old.restToken(t, true)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	s := serve(t, Options{Dir: dir, Repository: "other/name"})
	if status, _ := s.twirp(t, "GetCacheEntryDownloadURL", runtime, `{"key":"k","version":"v"}`); status != 401 {
		t.Errorf("runtime token: %d", status)
	}
	for _, repository := range []string{"local/repo", "other/name"} {
		if got := s.do(t, "GET", "/repos/"+repository+"/actions/caches", rest, ""); got.status != 401 {
			t.Errorf("REST token for %s: %d", repository, got.status)
		}
	}
}

func TestKeyThatOthersCanReadIsRefused(t *testing.T) {
	if os.PathSeparator == '\\' {
		t.Skip("modes do not say who can read here")
	}
	dir := filepath.Join(t.TempDir(), "my cache")
	s, err := Open(Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(identityFile(dir), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{tryOpen(dir), tryIssuer(dir)} {
		if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("chmod 600 %q, or", identityFile(dir))) {
			t.Error(err)
		}
	}
}

func tryOpen(dir string) error { _, err := Open(Options{Dir: dir}); return err }

func tryIssuer(dir string) error { _, err := OpenIssuer(dir, nil); return err }
