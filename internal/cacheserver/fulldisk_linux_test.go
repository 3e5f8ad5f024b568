package cacheserver

import (
	"os"
	"strings"
	"syscall"
	"testing"
)

func TestFullDiskIsSaidSo(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		if os.Getuid() != 0 {
			t.Skip("mounting a small file system needs root")
		}
		t.Skipf("mounting a small file system: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) })
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
