package store

import (
	"fmt"
	"io"
)

// scattered reads content whose blocks arrived out of order. Sorting them in the file would write everything twice.
type scattered struct {
	blob    BlobReader // not embedded: io.Copy would prefer its WriteTo
	content []extent
	pos     int64
	rest    io.Reader // the content after pos; nil: unknown
}

// Read implements [io.Reader].
func (s *scattered) Read(p []byte) (int, error) {
	if s.rest == nil {
		s.rest = s.from(s.pos)
	}
	n, err := s.rest.Read(p)
	s.pos += int64(n)
	return n, err
}

func (s *scattered) from(pos int64) io.Reader {
	var sections []io.Reader
	for _, e := range s.content {
		skip := min(pos, e.N)
		sections = append(sections, io.NewSectionReader(s.blob, e.Off+skip, e.N-skip))
		pos -= skip
	}
	return io.MultiReader(sections...)
}

// Close implements [io.Closer].
func (s *scattered) Close() error { return s.blob.Close() }

// Seek implements [io.Seeker].
func (s *scattered) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += s.pos
	case io.SeekEnd:
		offset += total(s.content)
	}
	if offset < 0 {
		return 0, fmt.Errorf("seeking to %d", offset)
	}
	s.pos, s.rest = offset, nil
	return offset, nil
}
