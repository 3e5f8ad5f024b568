package store

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// idRange is what [Store.nextID] may give out without asking the database. A start takes a new range, so an id that an
// interrupted client still holds never means another upload.
type idRange struct{ next, end int64 }

const (
	idsAtOnce = 1 << 16
	bucket    = "entries"
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
	// Concurrent changes share one sync; a lone one should not wait long for company.
	s.db.MaxBatchDelay = time.Millisecond
	return nil
}

// recover loads the metadata and makes the folders agree with it.
func (s *Store) recover() error {
	entries, err := s.load()
	if err != nil {
		return err
	}
	var broken []*Entry
	for _, e := range entries {
		if info, err := os.Stat(s.blob(e.ID)); err != nil || info.Size() != e.Size {
			broken = append(broken, e)
			continue
		}
		s.entries.add(e)
	}
	if err := s.erase(broken...); err != nil {
		return err
	}
	s.tidy()
	return errors.Join(s.sweep("uploads", func(string) bool { return false }), s.sweep("blobs", s.owned))
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

// load returns the saved entries, the last used at the end.
func (s *Store) load() (entries []*Entry, err error) {
	err = s.db.Update(func(tx *bolt.Tx) error {
		b, err := tx.CreateBucketIfNotExists([]byte(bucket))
		if err != nil {
			return err
		}
		return b.ForEach(func(k, v []byte) error {
			e := &Entry{}
			if err := json.Unmarshal(v, e); err != nil {
				return fmt.Errorf("reading entry %x: %w", k, err)
			}
			entries = append(entries, e)
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

func (s *Store) nextID() (int64, error) {
	if s.ids.next == s.ids.end {
		err := s.db.Update(func(tx *bolt.Tx) error {
			b := tx.Bucket([]byte(bucket))
			s.ids = idRange{int64(b.Sequence()), int64(b.Sequence()) + idsAtOnce}
			return b.SetSequence(uint64(s.ids.end))
		})
		if err != nil {
			s.ids = idRange{}
			return 0, err
		}
	}
	s.ids.next++
	return s.ids.next, nil
}

func (s *Store) save(entries ...Entry) error {
	if len(entries) == 0 {
		return nil
	}
	return s.db.Batch(func(tx *bolt.Tx) error {
		for _, e := range entries {
			value, err := json.Marshal(e)
			if err != nil {
				return err
			}
			if err := tx.Bucket([]byte(bucket)).Put(rowKey(e.ID), value); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Store) forget(entries ...*Entry) error {
	if len(entries) == 0 {
		return nil
	}
	return s.db.Batch(func(tx *bolt.Tx) error {
		for _, e := range entries {
			if err := tx.Bucket([]byte(bucket)).Delete(rowKey(e.ID)); err != nil {
				return err
			}
		}
		return nil
	})
}

// takeTouched returns the entries whose time of last use is not saved yet.
func (s *Store) takeTouched() (entries []Entry) {
	for id := range s.touched {
		if e, ok := s.entries.get(id); ok {
			entries = append(entries, *e)
		}
	}
	clear(s.touched)
	s.saved = s.now()
	return entries
}

func rowKey(id int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(id)) }

func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
