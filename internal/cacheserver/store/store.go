package store

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync"
	"sync/atomic"
	"time"
)

// Limits is how much is kept: beyond Size bytes the least recently used entries are evicted, unfinished uploads counted, and
// each that nobody used for Age.
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

// Store keeps cache entries. It is safe for concurrent use.
type Store struct {
	catalog Catalog
	blobs   Blobs
	idle    time.Duration
	now     func() time.Time
	warn    func(error)
	begun   time.Time
	health  health

	mu       sync.Mutex
	limits   Limits
	entries  table
	uploads  map[int64]*upload
	reserved map[Name]*upload
	tokens   map[string]int // uploads by token
	quiet    time.Duration  // no upload had its last bytes before this moment
	ids      idRange
	touched  map[int64]bool // used since their metadata were stored
	saved    time.Time
	clock    steadiness
	listed   *listing // the last listing, until anything changes
	removed  int64    // entries that limits have removed

	finished   atomic.Int64 // the order of the newest entry
	background sync.WaitGroup
}

// listing is the answer to a query. It is sorted when the lock is no longer held, by the first who asked for it.
type listing struct {
	query   Query
	entries []Entry
	sorted  sync.Once
}

// Open makes the folder if need be, takes it for this process and opens the store in it. [ErrLocked] if another process
// has it, a fatal [Damage] if it must be repaired first, a [ForeignError] if there are files of others in the folder.
func Open(dir string, opts Options) (*Store, error) {
	err := own(dir)
	if foreign, ok := errors.AsType[*ForeignError](err); err != nil && !(ok && foreign.Empty) {
		return nil, err
	}
	catalog, blobs, err := openFolder(dir)
	if err != nil {
		return nil, err
	}
	s, err := newStore(catalog, blobs, opts, blobs.dropUploads)
	if err != nil {
		err = fmt.Errorf("opening %s: %w", dir, err)
		if closeErr := catalog.Close(); closeErr != nil {
			err = fmt.Errorf("%w; closing it: %w", err, closeErr)
		}
		return nil, err
	}
	return s, nil
}

// New opens a store on a catalog and on blobs, which belong to it from now on. It reports damage and mends it: entries whose
// content is not whole and content without an entry are removed.
func New(catalog Catalog, blobs Blobs, opts Options) (*Store, error) {
	return newStore(catalog, blobs, opts, func() error { return nil })
}

// newStore calls clean before it changes anything, and after it knows that nothing must be repaired first.
func newStore(catalog Catalog, blobs Blobs, opts Options, clean func() error) (*Store, error) {
	s := &Store{
		catalog: catalog, blobs: blobs, idle: opts.Idle, now: opts.Now, warn: opts.Warn, limits: opts.Limits,
		entries: newTable(), uploads: map[int64]*upload{}, reserved: map[Name]*upload{}, tokens: map[string]int{},
		touched: map[int64]bool{}, begun: opts.Now(), saved: opts.Now(),
	}
	found, err := inspect(catalog, blobs, false)
	if err != nil {
		return nil, err
	}
	if err := found.fatal(); err != nil {
		return nil, err
	}
	if err := clean(); err != nil {
		return nil, err
	}
	for _, d := range found.damage {
		s.warn(d.mended())
	}
	if err := found.mend(catalog, blobs); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range found.whole {
		s.entries.add(&found.whole[i])
		s.finished.Store(max(s.finished.Load(), found.whole[i].order))
	}
	s.clock.start(s.begun, found.whole, s.limits.Age)
	s.tidy()
	return s, nil
}

// moment is the time since the store was opened. Setting the clock of the machine does not change it.
func (s *Store) moment() time.Duration { return s.now().Sub(s.begun) }

// Close brings everything to disk and gives the folder back. Unfinished uploads are lost.
func (s *Store) Close() error {
	s.background.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, u := range s.uploads {
		if s.drop(u) {
			errs = append(errs, s.blobs.Remove(u.id))
		}
	}
	if used := s.takeTouched(); len(used) > 0 {
		errs = append(errs, s.catalog.Touch(used))
	}
	return errors.Join(append(errs, s.catalog.Close())...)
}

// Find looks for the keys in each ref: the exact key first, then the newest entry that begins with it. The entry
// counts as used.
func (s *Store) Find(refs []string, version string, keys []string) (Entry, error) {
	for {
		e, err := s.find(refs, version, keys)
		if err != nil {
			return Entry{}, err
		}
		damaged, err := s.examine(e)
		if err != nil || !damaged {
			return e, err
		}
	}
}

func (s *Store) find(refs []string, version string, keys []string) (Entry, error) {
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

// Open returns an entry and its content. The content stays readable when the entry is deleted meanwhile. Who reads all of
// it in order gets an error, and not the end, if it does not have the digest that the key says.
func (s *Store) Open(id int64) (Entry, io.ReadSeekCloser, error) {
	e, err := s.Entry(id)
	if err != nil {
		return Entry{}, nil, err
	}
	if damaged, err := s.examine(e); err != nil || damaged {
		return Entry{}, nil, cmp.Or(err, ErrNotFound)
	}
	blob, err := s.blobs.Open(id)
	if errors.Is(err, fs.ErrNotExist) {
		return Entry{}, nil, ErrNotFound // deleted meanwhile
	}
	if err != nil {
		return Entry{}, nil, err
	}
	var content io.ReadSeekCloser = blob
	if len(e.content) > 1 || fileSize(e.content) != e.Size {
		content = &scattered{blob: blob, content: e.content}
	}
	if want, ok := keyDigest(e.Key); ok {
		content = newVerified(content, e.Size, want, func(err error) { s.condemn(e, err) })
	}
	return e, content, nil
}

// Entry returns an entry that is finished.
func (s *Store) Entry(id int64) (Entry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tidy()
	e, ok := s.entries.get(id)
	if !ok {
		return Entry{}, ErrNotFound
	}
	return *e, nil
}

// List returns the entries that match, in order. The caller must not change the slice.
func (s *Store) List(q Query) []Entry {
	l := s.listing(q)
	l.sorted.Do(func() { q.sort(l.entries) })
	return l.entries
}

func (s *Store) listing(q Query) *listing {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tidy()
	// A client that reads page after page asks for the same listing each time.
	if s.listed == nil || s.listed.query != q {
		s.listed = &listing{query: q, entries: s.entries.list(q)}
	}
	return s.listed
}

// Usage returns the number of entries and their bytes.
func (s *Store) Usage() (count int, size int64) {
	st := s.Stats()
	return int(st.Entries), st.Bytes
}

// Stats is what there is at a moment.
type Stats struct {
	Entries, Bytes   int64
	Uploads, Pending int64 // unfinished uploads and their bytes
	Evicted          int64 // entries that the limits have removed since the start
}

// Stats counts what there is.
func (s *Store) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tidy()
	all := s.entries.all
	return Stats{all.entries, all.bytes, all.uploads, all.pending, s.removed}
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
