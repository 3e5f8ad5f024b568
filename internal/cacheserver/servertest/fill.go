package servertest

import (
	"bytes"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/store"
	"golang.org/x/sync/errgroup"
)

// Noon is when the tests take place.
func Noon() time.Time { return time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC) }

// Entry is one that the service has from the beginning.
type Entry struct {
	Ref, Key string
	Version  string        // empty: BuildKit's
	Age      time.Duration // when the test begins
	Content  []byte
}

// many is how many entries are stored together, in no order of their own: the store
// waits to write at once what comes at once.
const many = 1500

// Fill puts entries into a folder that is to be served at [Noon].
func Fill(t testing.TB, dir string, entries ...Entry) {
	t.Helper()
	fill(t, dir, Noon(), entries)
}

func fill(t testing.TB, dir string, begin time.Time, entries []Entry) {
	t.Helper()
	var at time.Time
	s, err := store.Open(dir, store.Options{
		Limits: store.Limits{Size: 1 << 40, Age: 1000 * day}, Idle: time.Hour,
		Now: func() time.Time { return at }, Warn: func(err error) { t.Error(err) },
	})
	check(t, err)
	var group errgroup.Group
	group.SetLimit(many)
	for _, e := range entries {
		if now := begin.Add(-e.Age); len(entries) < many || at.IsZero() {
			check(t, group.Wait())
			at = now
		}
		group.Go(func() error { return put(s, e) })
	}
	check(t, group.Wait())
	check(t, s.Close())
}

func put(s *store.Store, e Entry) error {
	version := e.Version
	if version == "" {
		version = bkcache.Version
	}
	id, err := s.Reserve(store.Name{Ref: e.Ref, Key: e.Key, Version: version}, e.Key)
	if err != nil {
		return err
	}
	size := int64(len(e.Content))
	if err := s.WriteChunk(id, 0, size, bytes.NewReader(e.Content)); err != nil {
		return err
	}
	return s.Finish(id, size)
}

// Dir is a folder in memory where the machine has such: the store syncs every
// entry to disk, which is not what these tests are about.
func Dir(t testing.TB) string {
	if runtime.GOOS != "linux" {
		return t.TempDir()
	}
	dir, err := os.MkdirTemp("/dev/shm", "ghacache-test-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { check(t, os.RemoveAll(dir)) })
	return dir
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
