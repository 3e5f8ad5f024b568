package cacheclient

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// Stream returns the content of the entry with exactly this key, size bytes of
// it, to be read from front to back. A connection that breaks off is made again
// where it did.
func (r *Runtime) Stream(ctx context.Context, key string, size int64) (io.ReadCloser, error) {
	content, err := r.Open(ctx, key, size)
	if err != nil {
		return nil, err
	}
	return &stream{ctx: ctx, runtime: r, key: key, content: content}, nil
}

type stream struct {
	ctx     context.Context // of all reads, which take none
	runtime *Runtime
	key     string
	content *Content
	off     int64
	failed  int // attempts since the last byte
}

func (s *stream) Read(p []byte) (int, error) {
	for {
		if s.off == s.content.size {
			return 0, io.EOF
		}
		n, err := s.content.ReadAt(p[:min(int64(len(p)), s.content.size-s.off)], s.off)
		s.off += int64(n)
		if n > 0 {
			s.failed = 0
			return n, nil
		}
		if err != nil {
			if err := s.again(err); err != nil {
				return 0, err
			}
		}
	}
}

// again opens the content anew, unless it is of no use.
func (s *stream) again(err error) error {
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("reading cache %q: it is shorter than it should be: %w", s.key, io.ErrUnexpectedEOF)
	}
	s.failed++
	if s.failed == attempts || !passing(err) || sleep(s.ctx, backoff(s.failed)) != nil {
		return err
	}
	content, err := s.runtime.Open(s.ctx, s.key, s.content.size)
	if err != nil {
		return err
	}
	_ = s.content.Close() // it is broken
	s.content = content
	return nil
}

func (s *stream) Close() error { return s.content.Close() }
