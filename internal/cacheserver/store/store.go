package store

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"
)

// Limits are what the store evicts by: the least recently used entries beyond Size bytes, and every entry unused for
// Age.
type Limits struct {
	Size int64
	Age  time.Duration
}

// Options configure [Open]. All are required.
type Options struct {
	Limits
	Idle time.Duration // drop uploads that received nothing for this long
	Now  func() time.Time
	Warn func(error) // called with errors of housekeeping, which concern no caller
}

// Store is a folder of cache entries. It is safe for concurrent use.
type Store struct {
	dir     string
	db      *bolt.DB
	idle    time.Duration
	now     func() time.Time
	warn    func(error)
	buffers sync.Pool

	mu       sync.Mutex
	limits   Limits
	entries  catalog
	uploads  map[int64]*upload
	reserved map[Name]*upload
	ids      idRange
	touched  map[int64]bool // used since their metadata were stored
	saved    time.Time
	listed   *listing // the last listing, until anything changes

	boot       string  // this boot of the machine; empty: unknown
	unsettled  []int64 // finished entries that may not be on disk
	settling   bool
	background sync.WaitGroup
}

type listing struct {
	query   Query
	entries []Entry
}

// Open creates the folder if needed and locks it for this process. It drops unfinished uploads, content without
// metadata and metadata without complete content. It returns [ErrLocked] if another process has the lock.
func Open(dir string, opts Options) (*Store, error) {
	s := &Store{
		dir: dir, idle: opts.Idle, now: opts.Now, warn: opts.Warn, limits: opts.Limits,
		entries: newCatalog(), uploads: map[int64]*upload{}, reserved: map[Name]*upload{},
		touched: map[int64]bool{}, saved: opts.Now(), boot: bootID(),
		buffers: sync.Pool{New: func() any { b := make([]byte, 256<<10); return &b }},
	}
	for _, d := range []string{dir, s.path("blobs"), s.path("uploads")} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return nil, err
		}
	}
	if err := s.openDB(); err != nil {
		return nil, err
	}
	if err := s.recover(); err != nil {
		s.background.Wait()
		return nil, errors.Join(fmt.Errorf("cleaning up %q: %w", dir, err), s.db.Close())
	}
	return s, nil
}

// Close syncs everything to disk and unlocks the folder. Unfinished uploads are lost.
func (s *Store) Close() error {
	s.background.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, u := range s.uploads {
		if s.drop(u) {
			errs = append(errs, remove(u.path))
		}
	}
	errs = append(errs, s.saveUse(s.takeTouched()), s.db.Close())
	return errors.Join(errs...)
}

// Find looks for the keys in each ref: the exact key first, then the newest entry that begins with it. The entry
// counts as used.
func (s *Store) Find(refs []string, version string, keys []string) (Entry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tidy()
	e, ok := s.entries.find(refs, version, keys)
	if !ok {
		return Entry{}, ErrNotFound
	}
	s.entries.touch(e, s.now())
	s.touched[e.ID], s.listed = true, nil
	return *e, nil
}

// Open returns an entry and its content. The content stays readable if the entry is deleted meanwhile.
func (s *Store) Open(id int64) (Entry, io.ReadSeekCloser, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tidy()
	e, ok := s.entries.get(id)
	if !ok {
		return Entry{}, nil, ErrNotFound
	}
	file, err := os.Open(s.blob(id))
	if err != nil {
		return Entry{}, nil, err
	}
	if len(e.content) > 1 || fileSize(e.content) != e.Size {
		return *e, &scattered{file: file, content: e.content}, nil
	}
	return *e, file, nil
}

// List returns the entries that match, in order. The caller must not change the slice.
func (s *Store) List(q Query) []Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tidy()
	// A client that reads page after page asks for the same listing each time.
	if s.listed == nil || s.listed.query != q {
		s.listed = &listing{q, s.entries.list(q)}
	}
	return s.listed.entries
}

// Usage returns the number of entries and their bytes.
func (s *Store) Usage() (count int, size int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tidy()
	return len(s.entries.byID), s.entries.size
}

// Delete removes a finished entry. If it is killed, it has either not begun, or the next [Open] completes it.
func (s *Store) Delete(id int64) error {
	s.mu.Lock()
	e, ok := s.entries.remove(id)
	s.listed = nil
	s.mu.Unlock()
	if !ok {
		return ErrNotFound
	}
	return s.erase(*e)
}

// Limits returns the limits in force.
func (s *Store) Limits() Limits {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.limits
}

// SetLimits changes the limits until [Store.Close], and evicts what is beyond them.
func (s *Store) SetLimits(change func(*Limits)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.limits)
	s.tidy()
}

// tidy evicts entries, drops idle uploads and stores the times of last use once a minute. It runs before every
// operation that reads entries or names, so that none sees an expired one. The caller holds the lock.
func (s *Store) tidy() {
	now := s.now()
	if evicted := s.entries.evict(s.limits, now); len(evicted) > 0 {
		s.listed = nil
		s.later(func() error { return s.erase(evicted...) })
	}
	for _, u := range s.uploads {
		if u.idle(now, s.idle) && s.drop(u) {
			s.later(func() error { return remove(u.path) })
		}
	}
	if len(s.touched) > 0 && now.Sub(s.saved) >= time.Minute {
		used := s.takeTouched()
		s.later(func() error { return s.saveUse(used) })
	}
}

// later does slow work of the disk in the background, without the lock.
func (s *Store) later(chore func() error) {
	s.background.Go(func() {
		if err := chore(); err != nil {
			s.warn(fmt.Errorf("tidying %q: %w", s.dir, err))
		}
	})
}

// erase removes from the disk what the catalog has dropped. It removes content first: that frees a full disk, on
// which the metadata could not be changed, and [Open] drops metadata without content.
func (s *Store) erase(entries ...Entry) error {
	var errs []error
	for _, e := range entries {
		errs = append(errs, remove(s.blob(e.ID)))
	}
	return errors.Join(append(errs, s.forget(entries...))...)
}

func (s *Store) path(name string) string { return filepath.Join(s.dir, name) }

func (s *Store) blob(id int64) string {
	return filepath.Join(s.dir, "blobs", strconv.FormatInt(id, 10))
}

func (s *Store) partial(id int64) string {
	return filepath.Join(s.dir, "uploads", strconv.FormatInt(id, 10))
}
