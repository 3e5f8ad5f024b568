package relay

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/store"
	"github.com/docker-ghacache/docker-ghacache/internal/runtimeclient"
	"golang.org/x/sync/errgroup"
)

// maxIndex is the largest index in bytes. Real ones have a few hundred kilobytes.
const maxIndex = 64 << 20

// index is the upload of an index. Its content goes upstream at once, and it becomes an entry when all layers that it
// references are entries.
type index struct {
	relay  *Relay
	name   name
	writer *runtimeclient.BlobWriter

	mu     sync.Mutex
	blocks map[string][]byte
	held   int64 // bytes in blocks
	put    *transfer
	failed error // why it will not become an entry
}

// transfer is the content on its way.
type transfer struct {
	content []byte
	layers  []bkcache.Layer
	done    chan struct{} // closed when err is valid
	err     error
}

// writeBlock implements upload.
func (x *index) writeBlock(_ context.Context, id string, size int64, body io.Reader) error {
	if err := x.allot(size); err != nil {
		return err
	}
	var block bytes.Buffer
	n, err := io.Copy(&block, io.LimitReader(body, size))
	x.mu.Lock()
	defer x.mu.Unlock()
	if err != nil || n < size {
		x.held -= size
		return fmt.Errorf("%w: %d of %d bytes: %w", store.ErrSize, n, size, errors.Join(err, io.ErrUnexpectedEOF))
	}
	x.held -= int64(len(x.blocks[id]))
	x.blocks[id] = block.Bytes()
	return nil
}

func (x *index) allot(size int64) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.held+size > maxIndex {
		return store.ErrTooLarge
	}
	x.held += size
	return nil
}

// assemble implements upload. BuildKit takes an index whose upload fails for written, so errors wait for the commit.
func (x *index) assemble(_ context.Context, blocks []string) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	t := &transfer{done: make(chan struct{})}
	for _, id := range blocks {
		block, ok := x.blocks[id]
		switch {
		case !ok:
			return store.ErrUnknownBlock
		case len(t.content)+len(block) > maxIndex:
			return store.ErrTooLarge
		}
		t.content = append(t.content, block...)
	}
	if x.put != nil {
		if !bytes.Equal(x.put.content, t.content) {
			return store.ErrExists
		}
		return nil
	}
	x.put = t
	parsed, err := bkcache.ParseIndex(t.content)
	if err != nil {
		t.err = err
		close(t.done)
		return nil
	}
	t.layers = parsed.Layers
	return x.relay.spawn(func() {
		defer close(t.done)
		defer x.relay.counts.sending()()
		t.err = x.writer.Put(x.relay.work, func() io.Reader { return bytes.NewReader(t.content) }, int64(len(t.content)))
	})
}

// finishUpload implements upload. This is the one place where an index becomes an entry.
func (x *index) finishUpload(ctx context.Context, size int64) error {
	x.mu.Lock()
	t, failed := x.put, x.failed
	x.mu.Unlock()
	switch {
	case failed != nil:
		return failed // the client was told so
	case t == nil || size != int64(len(t.content)):
		return fmt.Errorf("%w: the index is not complete", store.ErrSize)
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	defer context.AfterFunc(x.relay.closed, func() { stop(errClosed) })()
	err := x.commit(ctx, t)
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = cause
	}
	if err != nil {
		err = fmt.Errorf("not writing the index: %w", err)
		x.mu.Lock()
		defer x.mu.Unlock()
		x.failed = err
		return err
	}
	x.relay.counts.index(size)
	return nil
}

func (x *index) commit(ctx context.Context, t *transfer) error {
	select {
	case <-t.done:
	case <-ctx.Done():
		return ctx.Err()
	}
	if t.err != nil {
		return t.err
	}
	if err := x.relay.ensureAll(ctx, t.layers); err != nil {
		return err
	}
	return x.relay.service.Finish(ctx, x.name.key, x.name.version, int64(len(t.content)))
}

// ensureAll waits until the service has all layers. It returns the reason if it does not get one of them. No layer is looked
// at before all uploads have ended, which may take longer than one stays fresh.
func (r *Relay) ensureAll(ctx context.Context, layers []bkcache.Layer) error {
	uploads := map[name]*blob{} // that have ended
	for _, l := range layers {
		n := layerName(l)
		if b := r.pending(n); b != nil {
			if err := b.wait(ctx); err != nil && ctx.Err() != nil {
				return ctx.Err()
			}
			uploads[n] = b
		}
	}
	var group errgroup.Group
	group.SetLimit(parallelLookups)
	for _, l := range layers {
		group.Go(func() error { return r.ensure(ctx, layerName(l), uploads[layerName(l)]) })
	}
	return group.Wait()
}

func layerName(l bkcache.Layer) name {
	return name{bkcache.Version, bkcache.LayerKey(l.Digest).String()}
}

// ensure makes sure of a layer. b is its upload in this relay, which has ended; nil if there was none. If it has failed, the
// service may have the layer all the same.
func (r *Relay) ensure(ctx context.Context, n name, b *blob) error {
	if r.isFresh(n) {
		r.counts.needed(n, b != nil && !b.present)
		return nil
	}
	err := r.look(ctx, n)
	switch {
	case err == nil:
		r.counts.needed(n, false)
		return nil
	case b != nil && b.err != nil:
		return b.err
	case errors.Is(err, runtimeclient.ErrNotFound):
		return fmt.Errorf("the index references %s, which is not in the cache", n.key)
	}
	return err
}
