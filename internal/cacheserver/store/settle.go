package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strings"
)

// bootID identifies this boot of the machine. It is empty if unknown.
func bootID() string {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id") // Linux
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(id))
}

// settleLater syncs an entry's content to disk in the background. The caller holds the lock.
//
// A client that finishes an entry does not wait for the disk. The kernel keeps the content if the process ends; only
// a crash of the machine loses it. So the metadata say in which boot the content was written until it is on disk, and
// [Open] drops entries of an earlier boot.
func (s *Store) settleLater(id int64) {
	if s.boot == "" {
		return
	}
	s.unsettled = append(s.unsettled, id)
	if !s.settling {
		s.settling = true
		s.background.Go(s.settle)
	}
}

// settle syncs until nothing is left.
func (s *Store) settle() {
	for {
		s.mu.Lock()
		ids := s.unsettled
		s.unsettled = nil
		s.settling = len(ids) > 0
		s.mu.Unlock()
		if len(ids) == 0 {
			return
		}
		if err := s.settleNow(ids); err != nil {
			s.warn(fmt.Errorf("syncing entries in %q: %w", s.dir, err))
		}
	}
}

// settleNow syncs entries, and deletes those that the disk cannot store.
func (s *Store) settleNow(ids []int64) error {
	var errs []error
	var settled []Entry
	for _, id := range ids {
		if err := syncPath(s.blob(id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err, s.Delete(id))
			continue
		}
		s.mu.Lock()
		if e, ok := s.entries.get(id); ok {
			e.boot = ""
			settled = append(settled, *e)
		}
		s.mu.Unlock()
	}
	if err := s.syncNames(); err != nil {
		return errors.Join(append(errs, err)...)
	}
	return errors.Join(append(errs, s.amend(settled, func(r *row, _ Entry) { r.Boot = "" }))...)
}

// syncNames syncs the folder of the blobs.
func (s *Store) syncNames() error {
	if runtime.GOOS == "windows" {
		return nil // folders cannot be synced there
	}
	return syncPath(s.path("blobs"))
}

func syncPath(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}
