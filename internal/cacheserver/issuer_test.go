package cacheserver

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/store"
)

func TestKeyIsPrivateAndKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made by the service")
	if _, err := OpenIssuer(dir, nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("before the first start: %v", err)
	}
	first := serve(t, Options{Dir: dir, Repository: "octo/app"})
	info, err := os.Stat(identityFile(dir))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 && runtime.GOOS != "windows" {
		t.Errorf("mode %v", info.Mode())
	}
	token := first.token(t)
	if err := first.Server.Close(); err != nil {
		t.Fatal(err)
	}
	second := serve(t, Options{Dir: dir})
	if second.Repository != "octo/app" {
		t.Errorf("repository %q", second.Repository)
	}
	if status, got := second.twirp(t, "GetCacheEntryDownloadURL", token, `{"key":"k","version":"v"}`); status != 200 {
		t.Errorf("token of the first start: %d %v", status, got)
	}
}

func TestRepositoryIsAnOwnerAndAName(t *testing.T) {
	for repository, ok := range map[string]bool{
		"octo/app": true, "octo-org/.github": true, "me_corp/a.b-c_d": true,
		"octo": false, "octo/": false, "/app": false, "octo/app/": false, "octo/a b": false, "octo/..": false, "../app": false,
		"https://github.com/octo/app": false, "octo/app\nX=1": false,
	} {
		dir := t.TempDir()
		s, err := Open(Options{Dir: dir, Repository: repository})
		if ok != (err == nil) || err != nil && !strings.Contains(err.Error(), "want OWNER/NAME") {
			t.Errorf("%q: %v", repository, err)
		}
		if err == nil {
			s.Close()
		} else if _, err := OpenIssuer(dir, nil); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%q is kept: %v", repository, err)
		}
	}
}

// serve token makes tokens while another process has the folder.
func TestTokensForARunningService(t *testing.T) {
	dir := t.TempDir()
	s := serve(t, Options{Dir: dir})
	if _, err := Open(Options{Dir: dir}); !errors.Is(err, store.ErrLocked) {
		t.Errorf("second service: %v", err)
	}
	issuer, err := OpenIssuer(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	token, err := issuer.RuntimeToken([]RefAccess{{Ref: mainRef}}, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if status, got := s.twirp(t, "GetCacheEntryDownloadURL", token, `{"key":"k","version":"v"}`); status != 200 {
		t.Errorf("%d %v", status, got)
	}
}

func TestDamagedKeyIsNotReplaced(t *testing.T) {
	dir := t.TempDir()
	serve(t, Options{Dir: dir}).Close()
	if err := os.WriteFile(identityFile(dir), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(Options{Dir: dir}); err == nil || !strings.Contains(err.Error(), "is damaged") {
		t.Errorf("%v", err)
	}
}

func TestEnvironmentIsComplete(t *testing.T) {
	s := serve(t, Options{Repository: "octo/app"})
	var got []string
	for _, v := range s.Environment("http://127.0.0.1:8080/", "RUNTIME", "REST") {
		got = append(got, v.Name+"="+v.Value)
	}
	want := `ACTIONS_RUNTIME_TOKEN=RUNTIME ACTIONS_RESULTS_URL=http://127.0.0.1:8080/ ACTIONS_CACHE_URL=http://127.0.0.1:8080/ ` +
		`ACTIONS_CACHE_SERVICE_V2=true GITHUB_API_URL=http://127.0.0.1:8080/api/v3 GITHUB_REPOSITORY=octo/app GITHUB_TOKEN=REST`
	if strings.Join(got, " ") != want {
		t.Errorf("%q", got)
	}
}

// A reply never shows a path of this machine, and the log never a token.
func TestFailuresAreLoggedWithoutSecrets(t *testing.T) {
	dir := t.TempDir()
	s := serve(t, Options{Dir: dir})
	token := s.token(t)
	s.twirp(t, "CreateCacheEntry", token, `{"key":"k","version":"v"}`)
	if err := os.RemoveAll(filepath.Join(dir, "uploads")); err != nil {
		t.Fatal(err)
	}
	status, got := s.twirp(t, "FinalizeCacheEntryUpload", token, `{"key":"k","version":"v","size_bytes":"0"}`)
	if status != 500 || got["code"] != "internal" || strings.Contains(got["msg"].(string), dir) {
		t.Errorf("%d %v", status, got)
	}
	if log := s.log.String(); !strings.Contains(log, "FinalizeCacheEntryUpload: open "+dir) || strings.Contains(log, token) {
		t.Errorf("log %q", log)
	}
	if err := os.Mkdir(filepath.Join(dir, "uploads"), 0o700); err != nil {
		t.Fatal(err)
	}
}
