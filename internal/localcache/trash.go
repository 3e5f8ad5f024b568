package localcache

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/atomicfile"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
)

// trashDir has what was taken out of the cache and is not deleted yet. A file keeps its path
// in there.
const trashDir = "ghacache-deleted"

// Interrupted reports whether an execution was killed, which the next one finishes even if it has
// nothing else to do.
func (l *Layout) Interrupted() bool {
	_, err := os.Lstat(filepath.Join(l.dir, trashDir))
	return err == nil
}

// discard moves a file or a folder into the trash. What is not there any more is no error.
func discard(dir, name string) error {
	return move(filepath.Join(dir, filepath.FromSlash(name)), filepath.Join(dir, trashDir, filepath.FromSlash(name)))
}

// ownerHint says how a user comes to own a cache that a builder of another user has written.
func ownerHint(err error, dir string) error {
	if !errors.Is(err, fs.ErrPermission) || runtime.GOOS == "windows" { // where a program that reads the file is the cause
		return err
	}
	return hint.With(err, `sudo chown -R "$(id -u):$(id -g)" `+hint.Word(dir))
}

func move(from, to string) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o750); err != nil {
		return err
	}
	if err := os.Rename(from, to); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// finish finishes what was interrupted, if there is something.
func finish(ctx context.Context, dir string) error {
	if err := restore(ctx, dir); err != nil {
		return err
	}
	return emptyTrash(dir)
}

// restore puts back what was taken out by mistake, if there is something: see [putBack].
func restore(ctx context.Context, dir string) error {
	if _, err := os.Lstat(filepath.Join(dir, trashDir)); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	unlock, err := lockIndex(ctx, dir)
	if err != nil {
		return err
	}
	defer unlock()
	return putBack(dir)
}

// putBack takes out of the trash what a manifest references, under the lock. If it is not
// known what one references, that is everything.
func putBack(dir string) error {
	trash, err := listFiles(filepath.Join(dir, trashDir))
	if err != nil {
		return err
	}
	for restored := true; restored; { // a manifest that was put back may reference more
		now, err := Read(dir)
		if err != nil {
			return err
		}
		restored = false
		wanted := now.needs()
		for i, f := range trash {
			if !strings.HasPrefix(f.path, blobDir) || !wanted(f.digest) {
				continue
			}
			if err := move(filepath.Join(dir, trashDir, filepath.FromSlash(f.path)), filepath.Join(dir, filepath.FromSlash(f.path))); err != nil {
				return fmt.Errorf("putting back what a manifest references: %w", err)
			}
			trash[i].path, restored = "", true
		}
	}
	return nil
}

// needs tells what a manifest references, or might reference.
func (l *Layout) needs() func(digest string) bool {
	for i := range l.tags {
		if l.tags[i].err != nil {
			return func(string) bool { return true }
		}
	}
	return l.References()
}

// emptyTrash deletes what was taken out, and what a crash left of index.json. Nobody else writes
// there, so that no lock is needed.
func emptyTrash(dir string) error {
	err := os.RemoveAll(filepath.Join(dir, trashDir))
	entries, listErr := os.ReadDir(dir)
	for _, e := range entries {
		if e.Type().IsRegular() && atomicfile.IsTemporary(e.Name()) {
			err = errors.Join(err, os.Remove(filepath.Join(dir, e.Name())))
		}
	}
	if err = errors.Join(err, listErr); err != nil {
		return fmt.Errorf("deleting from the local cache: %w", err)
	}
	return nil
}
