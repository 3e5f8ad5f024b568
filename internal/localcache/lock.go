package localcache

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/gofrs/flock"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// lockName is the lock of BuildKit's client (lockFileSuffix in client/ociindex).
const lockName = ocispecs.ImageIndexFile + ".lock"

const (
	lockPatience = 10 * time.Second // BuildKit has the lock for milliseconds
	lockPause    = 5 * time.Millisecond
	maxRefusals  = 200 // one after another, with lockPause between
)

// lockIndex takes the lock of BuildKit's client. BuildKit removes the file after it has
// unlocked it, so a lock may be one of a file that is gone. That lock is worth nothing.
func lockIndex(ctx context.Context, dir string) (unlock func(), err error) {
	patience, cancel := context.WithTimeout(ctx, lockPatience)
	defer cancel()
	name := filepath.Join(dir, lockName)
	for {
		lock := flock.New(name)
		locked, err := tryLock(patience, lock.TryLock, isBusy)
		if ctx.Err() != nil {
			_ = lock.Close() // nobody has seen it
			return nil, context.Cause(ctx)
		}
		if errors.Is(err, context.DeadlineExceeded) {
			return nil, hint.With(fmt.Errorf("locking %s: another program has the lock", name), "run it again when no build is writing to "+dir)
		}
		if err != nil {
			return nil, ownerHint(fmt.Errorf("locking %s: %w", name, err), dir)
		}
		if locked && IsThere(lock) {
			return func() { Release(lock) }, nil
		}
		_ = lock.Close() // it locks nothing
	}
}

// tryLock waits for a lock. Windows refuses to open a file that somebody is deleting, for a moment; it refuses with the same
// error what a user may not open. If ctx ends, the error is that of the last attempt, or that of ctx if another program has the lock.
func tryLock(ctx context.Context, try func() (bool, error), busy func(error) bool) (bool, error) {
	var refused error
	for refusals := 0; ctx.Err() == nil; {
		locked, err := try()
		if refusals++; err == nil {
			refusals = 0
		}
		if locked || err != nil && (!busy(err) || refusals == maxRefusals) {
			return locked, err
		}
		refused = err
		select {
		case <-ctx.Done():
		case <-time.After(lockPause):
		}
	}
	return false, cmp.Or(refused, ctx.Err())
}

// IsThere reports whether a locked file is still the one with its name.
func IsThere(lock *flock.Flock) bool {
	own, err := lock.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(lock.Path())
	return err == nil && os.SameFile(own, there)
}

// Presence is a build that uses the cache in a folder, or that is about to delete from it.
type Presence struct{ lock *flock.Flock }

// enterPatience bounds the wait for somebody who deletes.
const enterPatience = 30 * time.Second

// Enter says that a build uses the cache in a folder, until Leave is called. It waits while
// another process deletes from it. If there is no such folder or it cannot be locked, others
// do not see this build.
func Enter(ctx context.Context, dir string) *Presence {
	ctx, cancel := context.WithTimeout(ctx, enterPatience)
	defer cancel()
	p := &Presence{presenceIn(dir)}
	_, _ = tryLock(ctx, p.lock.TryRLock, isBusy) // a build does not fail for its cache
	return p
}

// Alone reports whether no other build that says so uses the cache. If so, it makes others
// wait until Leave is called. If the file system cannot tell, that is an error.
func (p *Presence) Alone() (bool, error) {
	alone, err := upgrade(p.lock)
	if err != nil {
		return false, fmt.Errorf("locking %s: %w", p.lock.Path(), err)
	}
	return alone, nil
}

// Leave ends the use.
func (p *Presence) Leave() { leave(p.lock) } // the lock ends with the process at the latest
