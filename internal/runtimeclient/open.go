package runtimeclient

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
)

// Newest returns the key of the newest entry whose key begins with prefix, on the first of the token's refs that has one:
// its own, then those that it may read besides. It returns [ErrNotFound] if there is none.
func (r *Reader) Newest(ctx context.Context, prefix string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	entry, err := r.match(ctx, prefix)
	if err != nil {
		return "", err
	}
	return entry.Key, nil
}

// Open is [Reader.Stream] of an entry whose size nobody knows. It cannot tell whether the content was cut: the reader
// must see that.
func (r *Reader) Open(ctx context.Context, key string) (io.ReadCloser, error) {
	s := &stream{ctx: ctx, runtime: r, key: key, size: math.MaxInt64}
	if err := s.open(); err != nil {
		return nil, err
	}
	return unsized{s}, nil
}

type unsized struct{ *stream }

func (u unsized) Read(p []byte) (int, error) {
	n, err := u.content.ReadAt(p, u.off)
	u.off += int64(n)
	if n > 0 {
		u.failed = 0
		return n, nil
	}
	switch {
	case err == nil, errors.Is(err, io.EOF):
		return 0, err
	}
	if err := u.again(err); err != nil {
		return 0, fmt.Errorf("at byte %d: %w", u.off, err)
	}
	return 0, nil
}
