package cleaning

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"time"

	"github.com/docker/cli/cli/config"
	"github.com/gofrs/flock"
)

// underway are the builds of this user that export and are not over. Each has a locked
// file, which says when it started; the lock ends with its process.
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
		own := filepath.Join(u.dir, rand.Text())
		lock := flock.New(own)
		locked, err := lock.TryLock()
		if !locked || err != nil || os.WriteFile(own, []byte(start.UTC().Format(time.RFC3339Nano)), 0o600) != nil {
			_ = lock.Close() // nothing depends on it
			continue
		}
		leave = func() {
			_ = os.Remove(own) // what is left of it, the next build removes
			_ = lock.Close()
		}
		return func() time.Time { return u.oldest(own, unknown()) }, leave
	}
	return unknown, func() {}
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
		data, err := os.ReadFile(path)
		if over(path) || os.IsNotExist(err) {
			continue
		}
		start, err := time.Parse(time.RFC3339Nano, string(data))
		if err != nil {
			start = unknown // it is about to be written
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
		_ = os.Remove(path) // the next build tries again
	}
	_ = lock.Close()
	return locked
}
