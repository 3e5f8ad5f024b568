package localcache

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
	"golang.org/x/sys/windows"
)

// presenceName is a file in the cache while builds use it, because Windows locks no folders.
const presenceName = "ghacache.lock"

// Release gives up a lock, and removes its file. Windows removes no file that somebody has open: whoever waits for the
// lock keeps the file, and removes it in the end.
func Release(lock *flock.Flock) {
	_ = lock.Close()
	_ = os.Remove(lock.Path())
}

func presenceIn(dir string) *flock.Flock { return flock.New(filepath.Join(dir, presenceName)) }

// upgrade makes a shared lock exclusive. On Windows, a shared lock excludes even its owner, who has to give it up first.
// Who comes between the two is not alone, either.
func upgrade(shared *flock.Flock) (alone bool, err error) {
	if err := shared.Unlock(); err != nil {
		return false, err
	}
	if alone, err = shared.TryLock(); !alone && err == nil {
		_, err = shared.TryRLock()
	}
	return alone, err
}

func leave(shared *flock.Flock) { Release(shared) }

// isBusy recognises the errors of opening a file that somebody is deleting.
func isBusy(err error) bool {
	return errors.Is(err, windows.ERROR_SHARING_VIOLATION) || errors.Is(err, windows.ERROR_DELETE_PENDING) ||
		errors.Is(err, windows.ERROR_ACCESS_DENIED)
}
