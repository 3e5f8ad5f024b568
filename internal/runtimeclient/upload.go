package runtimeclient

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/httpclient"
)

const (
	// go-actions-cache sends one MiB after the other, which is slow over a distance.
	// An upload takes blockSize times blocksAhead of memory.
	blockSize   = 4 << 20
	blocksAhead = 4

	// callTimeout is how long BuildKit waits for a service that throttles.
	callTimeout = 10 * time.Minute
)

// Uploader is a [Reader] of version 2 that also saves entries.
type Uploader struct {
	*Reader
	service *Service
}

// NewUploader returns an uploader for a runtime of version 2.
func NewUploader(r *Reader, now func() time.Time) *Uploader {
	return &Uploader{r, NewService(ServiceOptions{URL: r.cache.URL, Token: r.token, Now: now})}
}

// Upload stores size bytes of content under a key, on the ref that the token may
// write. The entry appears only after content has ended with io.EOF, so that a reader
// can still reject the bytes. Upload returns [io/fs.ErrExist] if the entry exists, or
// if another upload has reserved its key. An unfinished upload reserves its key until
// the service drops it.
func (u *Uploader) Upload(ctx context.Context, key string, content io.Reader, size int64) error {
	return u.saving(key, u.upload(ctx, key, content, func() int64 { return size }))
}

// Save is [Uploader.Upload] of content whose size is known at its end. It returns the size in bytes.
func (u *Uploader) Save(ctx context.Context, key string, content io.Reader) (int64, error) {
	counted := &counter{r: content}
	err := u.upload(ctx, key, counted, func() int64 { return counted.n })
	return counted.n, u.saving(key, err)
}

func (u *Uploader) saving(key string, err error) error {
	if err != nil {
		return fmt.Errorf("saving cache %q: %w", key, httpclient.RedactSigned(err, u.token))
	}
	return nil
}

type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

func (u *Uploader) upload(ctx context.Context, key string, content io.Reader, size func() int64) error {
	blob, err := u.service.Reserve(ctx, key, bkcache.Version)
	if refused, ok := errors.AsType[*ServiceError](err); ok && refused.Status == http.StatusOK {
		return hint.With(err, "a runtime token with write permission")
	}
	if err != nil {
		return err
	}
	if err := blob.stream(ctx, content); err != nil {
		return err
	}
	return u.service.Finish(ctx, key, bkcache.Version, size())
}
