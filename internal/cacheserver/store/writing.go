package store

import (
	"errors"
	"io"
	"io/fs"
	"os"
)

// maxUploads is how many uploads may be unfinished at a time. GitHub accepts 200 a minute.
const maxUploads = 10_000

// Reserve reserves a name for an upload. It returns [ErrExists] if the name is used or reserved, and [ErrTooMany] if
// there are too many uploads.
func (s *Store) Reserve(n Name) (id int64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tidy()
	if s.reserved[n] != nil || s.entries.has(n) {
		return 0, ErrExists
	}
	if len(s.uploads) == maxUploads {
		return 0, ErrTooMany
	}
	if id, err = s.nextID(); err != nil {
		return 0, err
	}
	u := &upload{name: n, id: id, path: s.partial(id), now: s.now, buffers: &s.buffers, blocks: map[string]extent{}}
	u.active.Store(s.now().UnixNano())
	s.uploads[id], s.reserved[n] = u, u
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
	return s.abortIfFailed(u, u.writeBlock(block, size, s.Limits().Size, body))
}

// WriteChunk stores exactly size bytes of body as the content from off on. Chunks may arrive in any order,
// concurrently, and may overlap.
func (s *Store) WriteChunk(id, off, size int64, body io.Reader) error {
	u, err := s.upload(id)
	if err != nil {
		return err
	}
	return s.abortIfFailed(u, u.writeChunk(off, size, s.Limits().Size, body))
}

// Assemble makes the content of an upload from these blocks, in this order. Block ids are opaque.
func (s *Store) Assemble(id int64, blocks []string) error {
	u, err := s.upload(id)
	if err != nil {
		return err
	}
	return u.assemble(blocks)
}

// Finish makes an upload an entry. If not exactly size bytes have arrived, it returns [ErrSize] and the upload stays.
func (s *Store) Finish(id, size int64) error {
	u, err := s.upload(id)
	if err != nil {
		return err
	}
	content, err := u.seal(size)
	if err != nil {
		return err
	}
	now := s.now()
	e := &Entry{Name: u.name, ID: id, Size: size, Created: now, Accessed: now, content: content, boot: s.boot}
	err = s.publish(e, u.path)

	s.mu.Lock()
	defer s.mu.Unlock()
	s.release(u)
	if err != nil {
		return errors.Join(err, remove(u.path), remove(s.blob(id)))
	}
	s.entries.add(e)
	s.listed = nil
	s.settleLater(id)
	s.tidy()
	return nil
}

// publish renames the content to its final name, and then commits the metadata.
func (s *Store) publish(e *Entry, path string) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o600) // an empty entry has no file yet
	if err != nil {
		return err
	}
	if err := errors.Join(file.Truncate(fileSize(e.content)), file.Close()); err != nil {
		return err
	}
	if err := os.Rename(path, s.blob(e.ID)); err != nil {
		return err
	}
	if e.boot == "" {
		if err := errors.Join(syncPath(s.blob(e.ID)), s.syncNames()); err != nil {
			return err
		}
	}
	return s.save(*e)
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
		err = errors.Join(err, remove(u.path))
	}
	return err
}

// drop drops an upload unless it is being finished. The caller holds the lock and removes the file.
func (s *Store) drop(u *upload) (dropped bool) {
	if dropped = u.abort(); dropped {
		s.release(u)
	}
	return dropped
}

func (s *Store) release(u *upload) {
	delete(s.uploads, u.id)
	delete(s.reserved, u.name)
}

func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
