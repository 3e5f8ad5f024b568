package store

import (
	"errors"
	"io"
)

// Reserve takes a name for an upload: [ErrExists] if it is used or reserved, [ErrTooMany] if that must wait. The token
// is whoever reserves it, in any form that tells one from another; no token may hold more than its share.
func (s *Store) Reserve(n Name, token string) (id int64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tidy()
	if s.reserved[n] != nil || s.entries.has(n) {
		return 0, ErrExists
	}
	own := s.entries.held(n.Ref)
	if own.uploads >= maxUploads/refShare || s.tokens[token] >= maxUploads/tokenShare {
		return 0, ErrTooMany
	}
	if len(s.uploads) >= maxUploads && !s.displace(n.Ref, 1, func(u *upload) int64 { return u.held.uploads }) {
		return 0, ErrTooMany
	}
	if id, err = s.nextID(); err != nil {
		return 0, err
	}
	u := &upload{
		name: n, token: token, id: id, blobs: s.blobs, moment: s.moment, blocks: map[string]extent{},
		held: tally{uploads: 1},
	}
	u.stir()
	s.entries.count(n.Ref, u.held)
	s.uploads[id], s.reserved[n] = u, u
	s.tokens[token]++
	return id, nil
}

// Reserved returns the upload that has reserved a name.
func (s *Store) Reserved(n Name) (id int64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.reserved[n]
	if u == nil {
		return 0, ErrNotFound
	}
	return u.id, nil
}

// Upload returns the name of an unfinished entry.
func (s *Store) Upload(id int64) (Name, error) {
	u, err := s.upload(id)
	if err != nil {
		return Name{}, err
	}
	return u.name, nil
}

// WriteBlock stores exactly size bytes of body as a block. The block counts when [Store.Assemble] lists it.
func (s *Store) WriteBlock(id int64, block string, size int64, body io.Reader) error {
	u, err := s.upload(id)
	if err != nil {
		return err
	}
	defer u.work()()
	e, err := u.allot(size, s.Limits().Size)
	if err != nil {
		return err
	}
	err = s.admit(u, e.end(), 1)
	if err == nil {
		err = u.writeBlock(block, e, body)
	}
	if err != nil {
		u.giveBack(e)
	}
	return s.abortIfFailed(u, err)
}

// WriteChunk stores exactly size bytes of body as the content from off on. Chunks may arrive in any order,
// concurrently, and may overlap.
func (s *Store) WriteChunk(id, off, size int64, body io.Reader) error {
	u, err := s.upload(id)
	if err != nil {
		return err
	}
	defer u.work()()
	if limit := s.Limits().Size; off > limit || size > limit-off {
		return ErrTooLarge
	}
	if err := s.admit(u, off+size, 1); err != nil {
		return err
	}
	return s.abortIfFailed(u, u.writeChunk(extent{off, size}, body))
}

// Assemble makes the content of an upload from these blocks, in this order. Block ids are opaque.
func (s *Store) Assemble(id int64, blocks []string) error {
	u, err := s.upload(id)
	if err != nil {
		return err
	}
	defer u.work()()
	content, err := u.listed(blocks, s.Limits().Size)
	if err == nil {
		err = s.admit(u, cost(content), 0)
	}
	if err != nil {
		return err
	}
	u.assemble(content)
	return nil
}

// Finish makes an upload an entry, which is on disk when it returns. [ErrSize] and the upload stays if what arrived is not
// exactly size bytes.
func (s *Store) Finish(id, size int64) error {
	u, err := s.upload(id)
	if err != nil {
		return err
	}
	defer u.work()()
	e := &Entry{Name: u.name, ID: id, Size: size}
	if e.content, err = u.whole(size); err != nil {
		return err
	}
	if err := s.admit(u, e.cost(), 0); err != nil {
		return err
	}
	if err := u.seal(e.content, size); err != nil {
		return err
	}
	e.Created, e.order = s.now(), s.finished.Add(1)
	e.Accessed = e.Created
	if err = s.blobs.Publish(id, fileSize(e.content)); err == nil {
		err = s.catalog.Save(*e)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.release(u)
	if err != nil {
		return errors.Join(err, s.blobs.Remove(id))
	}
	s.entries.add(e)
	s.listed = nil
	s.tidy()
	return nil
}

func (s *Store) upload(id int64) (*upload, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.uploads[id]
	if u == nil {
		return nil, ErrNotFound
	}
	return u, nil
}

// abortIfFailed frees the space of an upload at once if the disk fails.
func (s *Store) abortIfFailed(u *upload, err error) error {
	if !failed(err) {
		return err
	}
	s.mu.Lock()
	dropped := s.drop(u)
	s.mu.Unlock()
	if dropped {
		err = errors.Join(err, s.blobs.Remove(u.id))
	}
	return err
}

// drop forgets an upload, unless it is being finished. Its blob is left to the caller, the lock is held.
func (s *Store) drop(u *upload) (dropped bool) {
	if dropped = u.abort(); dropped {
		s.release(u)
	}
	return dropped
}

// release gives back what an upload held.
func (s *Store) release(u *upload) {
	if s.uploads[u.id] == nil {
		return
	}
	delete(s.uploads, u.id)
	delete(s.reserved, u.name)
	if s.tokens[u.token]--; s.tokens[u.token] == 0 {
		delete(s.tokens, u.token)
	}
	s.entries.count(u.name.Ref, tally{uploads: -1, pending: -u.held.pending, pieces: -u.held.pieces})
}
