package runtimeclient

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/docker-ghacache/docker-ghacache/internal/httpclient"
	actionscache "github.com/tonistiigi/go-actions-cache"
)

// Stream returns the content of the entry with exactly this key, to be read from front
// to back. The service does not tell its size, which the caller knows from a listing or
// an index. If a connection breaks, the next one continues at the same byte. Reads end
// with ctx.
func (r *Reader) Stream(ctx context.Context, key string, size int64) (io.ReadCloser, error) {
	s := &stream{ctx: ctx, runtime: r, key: key, size: size}
	if err := s.open(); err != nil {
		return nil, err
	}
	return s, nil
}

type stream struct {
	ctx     context.Context // of all reads, because Read has no ctx
	runtime *Reader
	key     string
	size    int64
	content actionscache.ReaderAtCloser
	off     int64
	failed  int // attempts since the last byte
}

func (s *stream) open() error {
	entry, err := s.runtime.find(s.ctx, s.key)
	if err != nil {
		return err
	}
	s.content = entry.Download(s.ctx)
	return nil
}

func (s *stream) Read(p []byte) (int, error) {
	for {
		if s.off == s.size {
			return 0, io.EOF
		}
		n, err := s.content.ReadAt(p[:min(int64(len(p)), s.size-s.off)], s.off)
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

// again opens the content anew, if that can help.
func (s *stream) again(err error) error {
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("reading cache %q: it is shorter than it should be: %w", s.key, io.ErrUnexpectedEOF)
	}
	s.failed++
	if s.failed == httpclient.Attempts || !httpclient.Passing(err) || httpclient.Sleep(s.ctx, httpclient.Delay(s.failed)) != nil {
		return fmt.Errorf("reading cache %q: %w", s.key, httpclient.RedactSigned(err, s.runtime.token))
	}
	_ = s.content.Close() // it is broken
	return s.open()
}

func (s *stream) Close() error { return s.content.Close() }
