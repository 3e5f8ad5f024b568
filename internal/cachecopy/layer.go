package cachecopy

import (
	"context"
	"errors"
	"io/fs"
	"sync"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
)

// copying is a copy under way.
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

// count changes what is counted, and tells.
func (c *copying) count(change func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change()
	c.progress(c.done)
}

// fail notes what a layer's indexes are left for. An interruption is no fault of
// the layer.
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

var errUnfinished = errors.New("somebody's upload of it is not finished; copy again when it is, or when the service has forgotten it")

// occupied is nil if an entry that could not be made is there by now.
func (c *copying) occupied(ctx context.Context, key string) error {
	there, err := c.to.Has(ctx, key)
	if err == nil && !there {
		err = errUnfinished
	}
	return err
}
