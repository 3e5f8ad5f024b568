package cacheserver

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// smallDisk is a folder with room for a mebibyte.
func smallDisk(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		if os.Getuid() != 0 {
			t.Skip("mounting a small file system needs root")
		}
		t.Skipf("mounting a small file system: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir
}

func TestHealthOfAFullDisk(t *testing.T) {
	dir, c := smallDisk(t), &clock{now: time.Now()}
	s := serve(t, Options{Dir: dir, Now: c.Now})
	if got := s.do(t, "GET", "/healthz", "", ""); got.status != 200 {
		t.Errorf("empty: %d %s", got.status, got.body)
	}
	c.advance(time.Minute)
	other := filepath.Join(dir, "another program's")
	if err := os.WriteFile(other, make([]byte, 2<<20), 0o600); !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	for range 3 {
		if got := s.do(t, "GET", "/healthz", "", ""); got.status != 503 || strings.Contains(got.body, dir) {
			t.Errorf("full: %d %s", got.status, got.body)
		}
	}
	if lines := strings.Count(s.log.String(), "\n"); lines != 1 || !strings.Contains(s.log.String(), "no space left") {
		t.Errorf("the log has %d lines:\n%s", lines, s.log)
	}
	if err := os.Remove(other); err != nil {
		t.Fatal(err)
	}
	c.advance(time.Minute)
	if got := s.do(t, "GET", "/healthz", "", ""); got.status != 200 {
		t.Errorf("with room: %d %s", got.status, got.body)
	}
}

func TestFullDiskIsSaidSo(t *testing.T) {
	dir := smallDisk(t)
	s := serve(t, Options{Dir: dir})
	_, up, _ := s.reserve(t)
	got := s.do(t, "PUT", up, "", strings.Repeat("x", 2<<20), "X-Ms-Blob-Type", "BlockBlob")
	if got.status != 507 || strings.Contains(got.body, dir) {
		t.Errorf("PUT: %d %s", got.status, got.body)
	}
	token := s.token(t)
	id := s.reserveV1ID(t, token, "other")
	got = s.do(t, "PATCH", v1Path+"caches/"+id, token, strings.Repeat("x", 2<<20), "Content-Range", "bytes 0-2097151/*")
	if got.status != 507 || strings.Contains(got.body, dir) {
		t.Errorf("PATCH: %d %s", got.status, got.body)
	}
	// Both uploads were given up, so that there is room again.
	if status, got := s.twirp(t, "CreateCacheEntry", token, `{"key":"key","version":"v"}`); status != 200 {
		t.Errorf("reserving again: %d %v", status, got)
	}
	s.save(t, mainRef, "small", strings.Repeat("x", 500<<10))
}
