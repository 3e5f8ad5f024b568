package store

import (
	"errors"
	"fmt"
	"time"
)

// tidy evicts entries, drops idle uploads and stores the times of last use once a minute. It runs before every
// operation that reads entries or names, so that none sees an expired one. The caller holds the lock.
func (s *Store) tidy() {
	now := s.now()
	evicted := s.entries.evict("", 0, false, s.limits)
	if s.clock.steady(now, s.limits.Age) {
		evicted = append(evicted, s.entries.expire(s.limits, now)...)
	}
	s.evicted(evicted)
	s.dropIdle()
	if len(s.touched) > 0 && now.Sub(s.saved).Abs() >= time.Minute {
		used := s.takeTouched()
		s.later(func() error { return s.catalog.Touch(used) })
	}
}

// dropIdle forgets uploads to which nothing came for too long. It looks only when there may be one, because there may be
// thousands of uploads. The lock is held.
func (s *Store) dropIdle() {
	now := s.moment()
	if now-s.quiet <= s.idle {
		return
	}
	s.quiet = now
	for _, u := range s.uploads {
		if active := u.lastActive(); now-active <= s.idle {
			s.quiet = min(s.quiet, active)
		} else if s.drop(u) {
			s.later(func() error { return s.blobs.Remove(u.id) })
		}
	}
}

// evicted has entries erased that limits have removed. The lock is held.
func (s *Store) evicted(entries []Entry) {
	if len(entries) > 0 {
		s.listed = nil
		s.removed += int64(len(entries))
		s.later(func() error { return s.erase(entries...) })
	}
}

// takeTouched returns the entries whose time of last use is not saved yet. The lock is held.
func (s *Store) takeTouched() (used []Entry) {
	for id := range s.touched {
		if e, ok := s.entries.get(id); ok {
			used = append(used, *e)
		}
	}
	clear(s.touched)
	s.saved = s.now()
	return used
}

// later does in the background what the disk takes its time for, so that nobody waits who holds the lock.
func (s *Store) later(chore func() error) {
	s.background.Go(func() {
		if err := chore(); err != nil {
			s.warn(fmt.Errorf("tidying the cache: %w", err))
		}
	})
}

// erase removes what is no longer in the table from the disk. Content goes first: that frees a full disk, on which the
// metadata could not be changed, and metadata without content is dropped by [New].
func (s *Store) erase(entries ...Entry) error {
	var errs []error
	var ids []int64
	for _, e := range entries {
		errs = append(errs, s.blobs.Remove(e.ID))
		ids = append(ids, e.ID)
	}
	return errors.Join(append(errs, s.catalog.Forget(ids...))...)
}

const idsAtOnce = 1 << 16

// idRange is what [Store.nextID] may give out without asking the catalog. A start takes a new range, so an id that an
// interrupted client still holds never means another upload.
type idRange struct{ next, end int64 }

func (s *Store) nextID() (int64, error) {
	if s.ids.next == s.ids.end {
		before, err := s.catalog.Reserve(idsAtOnce)
		if err != nil {
			return 0, err
		}
		s.ids = idRange{before, before + idsAtOnce}
	}
	s.ids.next++
	return s.ids.next, nil
}
