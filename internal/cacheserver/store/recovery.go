package store

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

func (s *Store) openDB() (err error) {
	path := s.path("entries.db")
	s.db, err = bolt.Open(path, 0o600, &bolt.Options{Timeout: 100 * time.Millisecond, FreelistType: bolt.FreelistMapType})
	if errors.Is(err, bolterrors.ErrTimeout) {
		return fmt.Errorf("opening %q: %w", path, ErrLocked)
	}
	if err != nil {
		return fmt.Errorf("opening %q: %w", path, err)
	}
	// Concurrent changes share one sync. A single one should not wait long for others.
	s.db.MaxBatchDelay = time.Millisecond
	return nil
}

// recover loads the metadata and removes what does not match it from the folders.
func (s *Store) recover() error {
	entries, err := s.load()
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var broken []Entry
	for _, e := range entries {
		if !s.whole(e) {
			broken = append(broken, *e)
			continue
		}
		s.entries.add(e)
		if e.boot != "" {
			s.settleLater(e.ID)
		}
	}
	if err := s.erase(broken...); err != nil {
		return err
	}
	s.tidy()
	return errors.Join(s.sweep("uploads", func(string) bool { return false }), s.sweep("blobs", s.owned))
}

// whole reports whether an entry's content is complete. If it was perhaps not on disk when the machine stopped, it
// may have holes, whatever its size.
func (s *Store) whole(e *Entry) bool {
	info, err := os.Stat(s.blob(e.ID))
	return err == nil && info.Size() == fileSize(e.content) && (e.boot == "" || e.boot == s.boot)
}

// owned reports whether a file's name is the id of an entry.
func (s *Store) owned(name string) bool {
	id, err := strconv.ParseInt(name, 10, 64)
	if err != nil {
		return false
	}
	_, ok := s.entries.get(id)
	return ok
}

// load returns the stored entries, the last used at the end.
func (s *Store) load() (entries []*Entry, err error) {
	err = s.db.Update(func(tx *bolt.Tx) error {
		b, err := tx.CreateBucketIfNotExists([]byte(bucket))
		if err != nil {
			return err
		}
		return b.ForEach(func(k, v []byte) error {
			var r row
			if err := json.Unmarshal(v, &r); err != nil {
				return fmt.Errorf("reading entry %x: %w", k, err)
			}
			r.Entry.content, r.Entry.boot = r.Content, r.Boot
			entries = append(entries, &r.Entry)
			return nil
		})
	})
	slices.SortFunc(entries, func(a, b *Entry) int {
		return cmp.Or(a.Accessed.Compare(b.Accessed), cmp.Compare(a.ID, b.ID))
	})
	return entries, err
}

func (s *Store) sweep(dir string, keep func(name string) bool) error {
	files, err := os.ReadDir(s.path(dir))
	if err != nil {
		return err
	}
	for _, f := range files {
		if keep(f.Name()) {
			continue
		}
		if err := os.Remove(s.path(dir + "/" + f.Name())); err != nil {
			return err
		}
	}
	return nil
}
