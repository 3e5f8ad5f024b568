package cachecopy

import (
	"context"
	"errors"
	"io/fs"
	"sync"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
)

// copying is the state of a running copy.
type copying struct {
	from     Source
	to       Target
	progress func(Progress)

	mu     sync.Mutex
	done   Progress
	failed map[string]error // by digest
	result Result
}

func (c *copying) layer(ctx context.Context, l bkcache.Layer) error {
	key := bkcache.LayerKey(l.Digest).String()
	there, err := c.to.Has(ctx, key)
	if err != nil {
		return err
	}
	if there {
		c.count(func() { c.result.There++; c.done.Layers++; c.done.Bytes += l.Size })
		return nil
	}
	stream, err := c.from.Stream(ctx, key, l.Size)
	if err != nil {
		return c.fail(ctx, l, err)
	}
	defer stream.Close()
	content := newVerifier(stream, l, func(n int) { c.count(func() { c.done.Bytes += int64(n) }) })
	err = c.to.Upload(ctx, key, content, l.Size)
	switch {
	case content.err != nil:
		return c.fail(ctx, l, content.err)
	case errors.Is(err, fs.ErrExist):
		return c.fail(ctx, l, c.occupied(ctx, key))
	case err != nil:
		return err
	}
	c.count(func() { c.result.Layers++; c.result.Bytes += l.Size; c.done.Layers++ })
	return nil
}

// count updates the progress and reports it.
func (c *copying) count(change func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change()
	c.progress(c.done)
}

// fail notes why the indexes of a layer are not copied. An interruption is not the
// layer's fault.
func (c *copying) fail(ctx context.Context, l bkcache.Layer, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		c.failed[l.Digest] = err
	}
	return nil
}

var errUnfinished = errors.New("another upload of it is not finished; copy again when it is, or when the service has dropped it")

// occupied returns nil if the entry exists by now.
func (c *copying) occupied(ctx context.Context, key string) error {
	there, err := c.to.Has(ctx, key)
	if err == nil && !there {
		err = errUnfinished
	}
	return err
}
