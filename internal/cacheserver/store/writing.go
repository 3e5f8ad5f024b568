package store

import (
	"errors"
	"io"
	"os"
	"runtime"
)

// Reserve takes a name for an upload: [ErrExists] if it is used or reserved.
func (s *Store) Reserve(n Name) (id int64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tidy()
	if s.reserved[n] != nil || s.entries.has(n) {
		return 0, ErrExists
	}
	if id, err = s.nextID(); err != nil {
		return 0, err
	}
	u := &upload{name: n, id: id, now: s.now, buffers: &s.buffers}
	if err := u.open(s.partial(id)); err != nil {
		return 0, err
	}
	s.uploads[id], s.reserved[n] = u, u
	return id, nil
}

// Reserved returns the upload that holds a name.
func (s *Store) Reserved(n Name) (id int64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.reserved[n]
	if u == nil {
		return 0, ErrNotFound
	}
	return u.id, nil
}

// Holder returns the name that an unfinished upload holds.
func (s *Store) Holder(id int64) (Name, error) {
	u, err := s.upload(id)
	if err != nil {
		return Name{}, err
	}
	return u.name, nil
}

// WriteBlock takes exactly size bytes of body as a block, which counts once [Store.Assemble] names it.
func (s *Store) WriteBlock(id int64, block string, size int64, body io.Reader) error {
	u, err := s.upload(id)
	if err != nil {
		return err
	}
	return s.abortIfFailed(u, u.writeBlock(block, size, s.Limits().Size, body))
}

// WriteChunk takes exactly size bytes of body as the content from off on. Chunks come in any order, concurrently, and may
// overlap.
func (s *Store) WriteChunk(id, off, size int64, body io.Reader) error {
	u, err := s.upload(id)
	if err != nil {
		return err
	}
	return s.abortIfFailed(u, u.writeChunk(off, size, s.Limits().Size, body))
}

// Assemble makes these blocks the content of an upload, in this order.
func (s *Store) Assemble(id int64, blocks []BlockRef) error {
	u, err := s.upload(id)
	if err != nil {
		return err
	}
	return u.assemble(blocks)
}

// Finish makes an upload an entry. [ErrSize] and the upload stays if what arrived is not exactly size bytes.
func (s *Store) Finish(id, size int64) error {
	u, err := s.upload(id)
	if err != nil {
		return err
	}
	file, content, err := u.seal(size)
	if err != nil {
		return err
	}
	now := s.now()
	e := &Entry{Name: u.name, ID: id, Size: size, Created: now, Accessed: now}
	err = s.publish(e, file, content)

	s.mu.Lock()
	defer s.mu.Unlock()
	s.release(u)
	if err != nil {
		return errors.Join(err, remove(s.partial(id)), remove(s.blob(id)))
	}
	s.entries.add(e)
	s.listed = nil
	s.tidy()
	return nil
}

// publish brings content to disk under its final name, and only then the metadata.
func (s *Store) publish(e *Entry, file *os.File, content []extent) error {
	whole := len(content) == 0 || len(content) == 1 && content[0].off == 0
	if whole {
		if err := file.Truncate(e.Size); err != nil {
			return errors.Join(err, file.Close())
		}
	} else {
		arranged, err := arrange(file, content)
		if err := errors.Join(err, file.Close()); err != nil {
			return err
		}
		file = arranged
	}
	if err := errors.Join(file.Sync(), file.Close()); err != nil {
		return err
	}
	if err := os.Rename(file.Name(), s.blob(e.ID)); err != nil {
		return err
	}
	if err := syncDir(s.path("blobs")); err != nil {
		return err
	}
	return s.save(*e)
}

// arrange copies blocks that did not come in order into a file of their own, in place of theirs.
func arrange(file *os.File, content []extent) (*os.File, error) {
	if err := os.Remove(file.Name()); err != nil {
		return nil, err
	}
	arranged, err := os.OpenFile(file.Name(), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	for _, e := range content {
		if _, err := file.Seek(e.off, io.SeekStart); err != nil {
			return nil, errors.Join(err, arranged.Close())
		}
		// Between files, CopyN lets the kernel copy.
		if _, err := io.CopyN(arranged, file, e.n); err != nil {
			return nil, errors.Join(err, arranged.Close())
		}
	}
	return arranged, nil
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

// abortIfFailed gives the space of an upload back at once when the disk fails it.
func (s *Store) abortIfFailed(u *upload, err error) error {
	if !failed(err) {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return errors.Join(err, s.drop(u))
}

// drop forgets an upload, unless it is being finished.
func (s *Store) drop(u *upload) error {
	aborted, err := u.abort()
	if aborted {
		s.release(u)
	}
	return err
}

func (s *Store) release(u *upload) {
	delete(s.uploads, u.id)
	delete(s.reserved, u.name)
}

func syncDir(path string) error {
	if runtime.GOOS == "windows" {
		return nil // folders cannot be synced there
	}
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
