package store

import (
	"cmp"
	"slices"
	"time"
)

// admit makes room for an upload to grow to so many bytes, and counts pieces.
func (s *Store) admit(u *upload, bytes, pieces int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.uploads[u.id] == nil {
		return ErrNotFound
	}
	if err := s.admitPieces(u, pieces); err != nil {
		return err
	}
	more := max(0, bytes-u.held.pending)
	s.displaceBytes(u.name.Ref, more)
	evicted, err := s.entries.room(u.name.Ref, more, s.limits)
	if err != nil {
		return err
	}
	s.evicted(evicted)
	grown := tally{pending: more, pieces: pieces}
	u.held.add(grown)
	s.entries.count(u.name.Ref, grown)
	return nil
}

func (s *Store) admitPieces(u *upload, pieces int64) error {
	if u.held.pieces+pieces > maxBlocks {
		return ErrTooLarge
	}
	if s.entries.held(u.name.Ref).pieces+pieces > maxPieces/refShare {
		return ErrNoRoom
	}
	ofPieces := func(u *upload) int64 { return u.held.pieces }
	if s.entries.all.pieces+pieces > maxPieces && !s.displace(u.name.Ref, pieces, ofPieces) {
		return ErrNoRoom
	}
	return nil
}

// leftAfter is how long nothing comes to an upload before it counts as left. Clients take a moment between their requests.
const leftAfter = 10 * time.Second

// displaceBytes drops uploads while unfinished ones take half of the limit and there is no room for ref to have so many more
// bytes: first those that somebody left, then those of a ref that has more than its share.
func (s *Store) displaceBytes(ref string, more int64) {
	half := s.limits.Size / 2
	left := func(u *upload) int64 {
		if u.busy.Load() > 0 || s.moment()-u.lastActive() < leftAfter {
			return 0
		}
		return u.held.pending
	}
	beyond := func(u *upload) int64 {
		if s.entries.held(u.name.Ref).pending <= half/refShare {
			return 0
		}
		return u.held.pending
	}
	for s.entries.all.pending+more > half && s.entries.full(more, s.limits) {
		if !s.displace(ref, more, left) && !s.displace(ref, more, beyond) {
			return
		}
	}
}

// displace drops the upload that is idle for longest, of the ref whose uploads hold most. It does nothing unless that is more
// than ref would hold with so much more: many refs that leave uploads unfinished do not lock out one that does not. The
// lock is held.
func (s *Store) displace(ref string, more int64, measure func(*upload) int64) bool {
	holds := map[string]int64{ref: more}
	for _, u := range s.uploads {
		holds[u.name.Ref] += measure(u)
	}
	greedy := ref
	for name, holding := range holds {
		if holding > holds[greedy] {
			greedy = name
		}
	}
	if greedy == ref {
		return false
	}
	var candidates []*upload
	for _, u := range s.uploads {
		if u.name.Ref == greedy && measure(u) > 0 {
			candidates = append(candidates, u)
		}
	}
	slices.SortFunc(candidates, func(a, b *upload) int { return cmp.Compare(a.lastActive(), b.lastActive()) })
	for _, u := range candidates {
		if s.drop(u) {
			s.later(func() error { return s.blobs.Remove(u.id) })
			return true
		}
	}
	return false
}
