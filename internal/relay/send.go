package relay

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/runtimeclient"
)

// newGroup makes a group with the next id. The ids of a blob have the same length, as Azure wants it.
func (b *blob) newGroup() *group {
	b.groups++
	id := fmt.Sprintf("%s%06d", b.salt, b.groups)
	return &group{id: base64.StdEncoding.EncodeToString([]byte(id)), sent: make(chan struct{})}
}

// sendOpen sends the group that is being filled.
func (b *blob) sendOpen() {
	g := b.open
	b.open = nil
	b.send(g)
}

// flush sends what waits for more, because others wait for memory.
func (b *blob) flush() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.open != nil && !b.begun {
		b.sendOpen()
	}
}

// send sends a group as a block, in the background.
func (b *blob) send(g *group) {
	go func() {
		defer close(g.sent)
		b.relay.local.block(b.keeps(), g)
		g.err = b.upstream(func(ctx context.Context, w *runtimeclient.BlobWriter) error {
			return w.Stage(ctx, g.id, g.content.reader, g.content.size)
		})
		g.content.free()
		if g.err != nil {
			b.end(g.err)
		}
	}()
}

// upstream calls f with the reserved upload when there is a slot.
func (b *blob) upstream(f func(ctx context.Context, w *runtimeclient.BlobWriter) error) error {
	b.reserving.Do(func() { b.writer, b.refused = b.relay.reserve(b.ctx, b.name) })
	if b.refused != nil {
		return b.refused
	}
	if err := b.relay.slots.Acquire(b.ctx, 1); err != nil {
		return context.Cause(b.ctx)
	}
	defer b.relay.slots.Release(1)
	defer b.relay.counts.sending()()
	if err := f(b.ctx, b.writer); err != nil {
		if cause := context.Cause(b.ctx); cause != nil {
			return cause
		}
		return err
	}
	return nil
}

// keeps returns the id of the copy on this machine, 0 if there is none.
func (b *blob) keeps() int64 {
	b.keeping.Do(func() { b.kept = b.relay.local.reserve(b.name) })
	return b.kept
}

// complete brings the content upstream, and makes it an entry when the client wants that.
func (b *blob) complete() {
	err := b.transfer()
	if err == nil {
		select {
		case <-b.finish:
			err = b.relay.service.Finish(b.ctx, b.name.key, b.name.version, b.size)
		case <-b.ctx.Done():
			err = context.Cause(b.ctx)
		}
	}
	if errors.Is(err, fs.ErrExist) && b.async {
		err = b.confirm(err)
	}
	b.settle(err)
}

// transfer brings the content upstream: in one request if nothing was sent yet.
func (b *blob) transfer() error {
	b.mu.Lock()
	whole := b.open
	b.open = nil
	b.mu.Unlock()
	if whole == nil && len(b.order) == 0 {
		whole = &group{}
	}
	if whole != nil {
		defer whole.content.free()
	}
	if cause := context.Cause(b.ctx); cause != nil {
		return cause // bytes that came after that were dropped
	}
	if whole != nil {
		b.relay.local.block(b.keeps(), whole)
		return b.upstream(func(ctx context.Context, w *runtimeclient.BlobWriter) error {
			return w.Put(ctx, whole.content.reader, whole.content.size)
		})
	}
	ids := make([]string, len(b.order))
	for i, g := range b.order {
		if <-g.sent; g.err != nil {
			return g.err
		}
		ids[i] = g.id
	}
	return b.upstream(func(ctx context.Context, w *runtimeclient.BlobWriter) error { return w.Commit(ctx, ids) })
}

// patience is how long another build may take for a layer that this one needs, too.
const patience = 2 * time.Minute

// confirm waits until the service has an entry that it said exists: a reservation may be that of an upload under way, or
// of one that was interrupted. BuildKit by itself takes both for an entry.
func (b *blob) confirm(exists error) error {
	ctx, cancel := context.WithTimeout(b.relay.work, b.relay.patience)
	defer cancel()
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		err := b.relay.look(ctx, b.name)
		if err == nil {
			return fs.ErrExist
		}
		lost := errors.Is(exists, runtimeclient.ErrReplyLost)
		if !errors.Is(err, runtimeclient.ErrNotFound) && ctx.Err() == nil {
			return err
		}
		if lost {
			return runtimeclient.ErrReplyLost
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("another job has reserved it and does not complete it; the reservation expires within an hour")
		case <-time.After(wait):
		}
	}
}
