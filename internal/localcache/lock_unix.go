//go:build !windows

package localcache

import (
	"os"

	"github.com/gofrs/flock"
)

// Release gives up a lock, and removes its file while it is locked, so that nobody locks a file that is about to go.
func Release(lock *flock.Flock) {
	_ = os.Remove(lock.Path())
	_ = lock.Close()
}

// presenceIn locks the folder itself, which no file has to be written for.
func presenceIn(dir string) *flock.Flock { return flock.New(dir, flock.SetFlag(os.O_RDONLY)) }

func upgrade(shared *flock.Flock) (bool, error) { return shared.TryLock() }

func leave(shared *flock.Flock) { _ = shared.Close() }

func isBusy(error) bool { return false }
