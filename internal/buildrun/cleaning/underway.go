package cleaning

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/localcache"
	"github.com/docker/cli/cli/config"
	"github.com/gofrs/flock"
)

// underway are the builds of this user that export and are not over. Each has a locked
// file, whose name says when it started; the lock ends with its process. Windows lets nobody
// read what is locked, so the file is empty.
type underway struct{ dir string }

// Enter notes that a build has started, until leave is called. Oldest returns when the
// oldest other build started that is under way. What cannot be noted is not seen by
// others, and counts as a build that started long ago for this one.
func Enter(start time.Time) (oldest func() time.Time, leave func()) {
	return underway{filepath.Join(config.Dir(), "ghacache", "builds")}.enter(start)
}

func (u underway) enter(start time.Time) (oldest func() time.Time, leave func()) {
	unknown := func() time.Time { return start.Add(-24 * time.Hour) }
	if os.MkdirAll(u.dir, 0o700) != nil {
		return unknown, func() {}
	}
	for range 3 { // another build may take a file that is not locked yet for a dead one
		own := filepath.Join(u.dir, fileName(start))
		lock := flock.New(own)
		if locked, err := lock.TryLock(); !locked || err != nil {
			continue
		}
		if !localcache.IsThere(lock) {
			_ = lock.Close() // nobody sees it
			continue
		}
		// What is left of it, the next build removes.
		return func() time.Time { return u.oldest(own, unknown()) }, func() { localcache.Release(lock) }
	}
	return unknown, func() {}
}

func fileName(start time.Time) string {
	return strconv.FormatInt(start.UnixNano(), 10) + "-" + rand.Text()
}

// startOf reads the start of a build from the name of its file.
func startOf(name string) (time.Time, error) {
	number, _, _ := strings.Cut(name, "-")
	nanos, err := strconv.ParseInt(number, 10, 64)
	return time.Unix(0, nanos), err
}

// oldest returns when the oldest build other than own started, and removes what builds
// left that were killed.
func (u underway) oldest(own string, unknown time.Time) (oldest time.Time) {
	files, err := os.ReadDir(u.dir)
	if err != nil {
		return unknown
	}
	for _, file := range files {
		path := filepath.Join(u.dir, file.Name())
		if path == own {
			continue
		}
		if over(path) {
			continue
		}
		start, err := startOf(file.Name())
		if err != nil {
			start = unknown // an earlier version made it
		}
		if oldest.IsZero() || start.Before(oldest) {
			oldest = start
		}
	}
	return oldest
}

// over reports whether the build of a file has ended, and removes the file then.
func over(path string) bool {
	lock := flock.New(path, flock.SetFlag(os.O_RDWR)) // does not create it again
	locked, err := lock.TryLock()
	if os.IsNotExist(err) {
		return true
	}
	if locked {
		localcache.Release(lock)
	}
	return locked
}
