package cacheserver

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/store"
)

func blobFile(dir string, id int64) string { return filepath.Join(dir, "blobs", fmt.Sprint(id)) }

func layerKey(content string) string {
	return fmt.Sprintf("buildkit-blob-1-sha256:%x", sha256.Sum256([]byte(content)))
}

// Whatever happens to content while the service runs, nobody gets wrong bytes, the entry is missed, and can be saved again.
func TestDamagedContentIsMissed(t *testing.T) {
	content := strings.Repeat("layer ", 100_000)
	key := layerKey(content)
	for name, spoil := range map[string]func(path string) error{
		"truncated": func(path string) error { return os.Truncate(path, 1000) },
		"grown":     func(path string) error { return os.Truncate(path, 1<<20) },
		"deleted":   os.Remove,
		"flipped": func(path string) error {
			data, err := os.ReadFile(path)
			data[len(data)/2] ^= 1
			return errors.Join(err, os.WriteFile(path, data, 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := serve(t, Options{Dir: dir})
			id := s.save(t, mainRef, key, content)
			other := s.save(t, mainRef, "other", "whole")
			if err := spoil(blobFile(dir, id)); err != nil {
				t.Fatal(err)
			}
			resp, err := http.Get(s.blobURL(s.url, id, toRead))
			if err != nil {
				t.Fatal(err)
			}
			data, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if resp.StatusCode == 200 && (err == nil || len(data) >= len(content)) {
				t.Errorf("%d bytes without an error", len(data))
			}
			if resp.StatusCode != 200 && resp.StatusCode != 404 {
				t.Error(resp.Status)
			}
			if status, got := s.twirp(t, "GetCacheEntryDownloadURL", s.token(t), fmt.Sprintf(`{"key":%q,"version":"v"}`, key)); status != 200 || got["ok"] == true {
				t.Errorf("looking it up: %d %v", status, got)
			}
			if n := strings.Count(s.log.String(), fmt.Sprintf("entry %d (", id)); n != 1 {
				t.Errorf("reported %d times:\n%s", n, s.log)
			}
			again := s.save(t, mainRef, key, content)
			if got := s.do(t, "GET", s.blobURL(s.url, again, toRead), "", ""); got.body != content {
				t.Errorf("saved again: %d, %d bytes", got.status, len(got.body))
			}
			if got := s.do(t, "GET", s.blobURL(s.url, other, toRead), "", ""); got.body != "whole" {
				t.Errorf("the other entry: %d", got.status)
			}
		})
	}
}

// A lookup alone finds out that content is not there.
func TestLookupMissesLostContent(t *testing.T) {
	dir := t.TempDir()
	s := serve(t, Options{Dir: dir})
	s.save(t, mainRef, "key-old", "old")
	id := s.save(t, mainRef, "key-new", "new")
	if err := os.Remove(blobFile(dir, id)); err != nil {
		t.Fatal(err)
	}
	if _, got := s.twirp(t, "GetCacheEntryDownloadURL", s.token(t), `{"key":"key-","version":"v"}`); got["matched_key"] != "key-old" {
		t.Errorf("%v", got)
	}
}

func TestLostCatalogIsNotReplacedInSilence(t *testing.T) {
	dir := t.TempDir()
	fill := func() {
		s, err := Open(Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		service{Server: s}.save(t, mainRef, fmt.Sprint(time.Now().UnixNano()), "content")
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	db := filepath.Join(dir, "entries.db")
	for name, spoil := range map[string]func() error{
		"deleted": func() error { return os.Remove(db) },
		"emptied": func() error { return os.Truncate(db, 0) },
		"zeros":   func() error { return os.WriteFile(db, make([]byte, 64<<10), 0o600) },
		"cut off": func() error { return os.Truncate(db, 10_000) },
		"scribbled over": func() error {
			data, err := os.ReadFile(db)
			for i := 2 * os.Getpagesize(); i < len(data); i++ {
				data[i] = byte(i * 31)
			}
			return errors.Join(err, os.WriteFile(db, data, 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			fill()
			if err := spoil(); err != nil {
				t.Fatal(err)
			}
			before, err := os.ReadDir(filepath.Join(dir, "blobs"))
			if err != nil {
				t.Fatal(err)
			}
			_, err = Open(Options{Dir: dir})
			damage, ok := errors.AsType[*store.Damage](err)
			if !ok || !damage.Fatal {
				t.Errorf("opening: %v", err)
			}
			if after, err := os.ReadDir(filepath.Join(dir, "blobs")); err != nil || len(after) != len(before) {
				t.Errorf("%d of %d blobs are left, %v", len(after), len(before), err)
			}
			if found, err := store.Check(dir); err != nil || len(found) == 0 {
				t.Errorf("check: %v, %v", found, err)
			}
			if found, err := store.Repair(dir); err != nil || len(found) == 0 {
				t.Errorf("repair: %v, %v", found, err)
			}
			if found, err := store.Check(dir); err != nil || len(found) != 0 {
				t.Errorf("check after the repair: %v, %v", found, err)
			}
			fill()
		})
	}
}

// Content is still served, and nobody is told that an entry is saved.
func TestCatalogDamagedWhileServing(t *testing.T) {
	for name, spoil := range map[string]func(db string) error{
		"emptied": func(db string) error { return os.Truncate(db, 0) },
		"scribbled over": func(db string) error {
			info, err := os.Stat(db)
			return errors.Join(err, os.WriteFile(db, bytes.Repeat([]byte{0xa5}, int(info.Size())), 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			log := &bytes.Buffer{}
			server, err := Open(Options{Dir: dir, Log: log})
			if err != nil {
				t.Fatal(err)
			}
			s := service{Server: server, url: "http://service"}
			_, url, _ := s.reserveKey(t, "new")
			id := s.save(t, mainRef, "key", "content")
			if err := spoil(filepath.Join(dir, "entries.db")); err != nil {
				t.Fatal(err)
			}
			up := httptest.NewRequest("PUT", url, strings.NewReader("new"))
			up.Header.Set("X-Ms-Blob-Type", "BlockBlob")
			if got := newRecorder(s, up); got.Code != 201 {
				t.Errorf("upload: %d %s", got.Code, got.Body)
			}
			finish := httptest.NewRequest("POST", twirpPath+"FinalizeCacheEntryUpload", strings.NewReader(`{"key":"new","version":"v","size_bytes":3}`))
			finish.Header.Set("Content-Type", "application/json")
			finish.Header.Set("Authorization", "Bearer "+s.token(t))
			if got := newRecorder(s, finish); got.Code != 500 || strings.Contains(got.Body.String(), dir) {
				t.Errorf("finishing: %d %s", got.Code, got.Body)
			}
			if got := newRecorder(s, httptest.NewRequest("GET", "/healthz", nil)); got.Code != 503 {
				t.Errorf("health: %d %s", got.Code, got.Body)
			}
			if got := newRecorder(s, httptest.NewRequest("GET", s.blobURL(s.url, id, toRead), nil)); got.Body.String() != "content" {
				t.Errorf("download: %d %s", got.Code, got.Body)
			}
			if !strings.Contains(log.String(), "entries.db") {
				t.Errorf("log: %s", log)
			}
			_ = s.Close() // whatever it says, it gives the folder back
			if _, err := Open(Options{Dir: dir}); err == nil || errors.Is(err, store.ErrLocked) {
				t.Errorf("opening: %v", err)
			}
			if found, err := store.Repair(dir); err != nil || len(found) == 0 {
				t.Errorf("repair: %v, %v", found, err)
			}
		})
	}
}

func TestStrangeFilesDoNotStopTheService(t *testing.T) {
	dir := t.TempDir()
	serve(t, Options{Dir: dir}).Close()
	for _, path := range []string{"blobs/stray", "uploads/stray", "blobs/7"} {
		if err := os.Mkdir(filepath.Join(dir, path), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	s := serve(t, Options{Dir: dir})
	s.save(t, mainRef, "key", "content")
	if !strings.Contains(s.log.String(), "stray") {
		t.Errorf("log %q", s.log)
	}
}

// A clock that is wrong for one request evicts nothing, and one that is set back does not hide the newest entry.
func TestClockThatJumps(t *testing.T) {
	c := &clock{now: time.Now()}
	s := serve(t, Options{Now: c.Now})
	token, find := s.token(t), `{"key":"key-","version":"v"}`
	matched := func() any { _, got := s.twirp(t, "GetCacheEntryDownloadURL", token, find); return got["matched_key"] }
	s.save(t, mainRef, "key-1", "old")
	c.advance(-3 * time.Hour)
	s.save(t, mainRef, "key-2", "new")
	token = s.token(t)
	if got := matched(); got != "key-2" {
		t.Errorf("after a step back: %v", got)
	}
	c.advance(8 * 24 * time.Hour)
	s.do(t, "GET", "/repos/local/repo/actions/caches", s.restToken(t, false), "")
	c.advance(-8 * 24 * time.Hour)
	if count, _ := s.entries.Usage(); count != 2 {
		t.Errorf("%d of 2 entries are left", count)
	}
	c.advance(8 * 24 * time.Hour) // this time it is right
	s.entries.Usage()
	c.advance(time.Hour)
	if count, _ := s.entries.Usage(); count != 0 {
		t.Errorf("%d entries are kept for ever", count)
	}
}
