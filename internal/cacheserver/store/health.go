package store

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

// healthFor is how long an answer of [Store.Healthy] counts.
const healthFor = 5 * time.Second

// health is what the last look has found.
type health struct {
	mu     sync.Mutex
	looked bool
	at     time.Duration
	err    error
}

// Healthy returns why entries cannot be saved. Finding that out writes to the disk, so that it is found out, and warned of, at
// most every few seconds.
func (s *Store) Healthy() error {
	s.health.mu.Lock()
	defer s.health.mu.Unlock()
	now := s.moment()
	if s.health.looked && (now-s.health.at).Abs() < healthFor {
		return s.health.err
	}
	err := s.tryToSave()
	s.health.looked, s.health.at, s.health.err = true, now, err
	if err != nil {
		s.warn(fmt.Errorf("entries cannot be saved: %w", err))
	}
	return err
}

// tryToSave changes the catalog as a new entry would, and writes content that belongs to no entry: ids begin at 1.
func (s *Store) tryToSave() error {
	if _, err := s.catalog.Reserve(0); err != nil {
		return err
	}
	blob, err := s.blobs.Writer(0)
	if err != nil {
		return err
	}
	_, err = blob.WriteAt(make([]byte, 64<<10), 0)
	return errors.Join(err, blob.Close(), s.blobs.Remove(0))
}
