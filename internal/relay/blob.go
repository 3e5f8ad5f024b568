package relay

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/store"
	"github.com/docker-ghacache/docker-ghacache/internal/runtimeclient"
)

// groupSize is how many bytes are sent upstream in a request.
const groupSize = 4 << 20

// abandoned is how long a client may send nothing of an upload before others no longer wait for it.
const abandoned = time.Minute

// name identifies an entry. All uploads have the same ref.
type name struct{ version, key string }

// blob is an upload that is sent on while it arrives. For a layer, the client gets its replies at once.
type blob struct {
	relay *Relay
	name  name
	async bool // a layer
	ctx   context.Context
	end   context.CancelCauseFunc // ends all requests

	keeping   sync.Once
	reserving sync.Once
	writer    *runtimeclient.BlobWriter
	refused   error // why there is no writer

	mu      sync.Mutex
	blocks  map[string]place // by the client's id
	open    *group           // which is not yet full
	groups  int              // how many there are
	salt    string           // which the ids of this attempt have: a request of an earlier one may still arrive
	order   []*group         // the content, once it is assembled
	size    int64            // of the content
	begun   bool             // the content is assembled and is being completed
	wanted  bool             // the client has finished the upload
	present bool             // the service has the entry from somebody else
	waiting int              // requests of the client that wait for memory
	active  time.Time        // when the client was heard last

	kept int64 // the id of the copy on this machine; 0: none

	finish chan struct{} // closed when wanted
	done   chan struct{} // closed when the service has the entry, or has it not
	err    error         // why not; valid once done is closed
}

// place is where the bytes of a client's block are.
type place struct {
	groups []*group
	size   int64
}

// group is what is sent upstream as a block: several small blocks of the client, or a part of a large one.
type group struct {
	id      string
	blocks  []string // of the client, in the order of their arrival
	content content
	sent    chan struct{} // closed when err is valid
	err     error
}

func newBlob(r *Relay, n name, async bool) *blob {
	b := &blob{
		relay: r, name: n, async: async, blocks: map[string]place{}, active: r.opts.Now(), salt: rand.Text(),
		finish: make(chan struct{}), done: make(chan struct{}),
	}
	b.ctx, b.end = context.WithCancelCause(r.work)
	return b
}

// heard notes that the client is there.
func (b *blob) heard() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.active = b.relay.opts.Now()
}

// hearing notes it with each read of what the client sends.
type hearing struct {
	io.Reader
	b *blob
}

// Read implements [io.Reader].
func (h hearing) Read(p []byte) (int, error) {
	n, err := h.Reader.Read(p)
	if n > 0 {
		h.b.heard()
	}
	return n, err
}

// isAbandoned reports whether the client has gone before the end, or sends nothing any more.
func (b *blob) isAbandoned() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return !b.wanted && b.waiting == 0 && b.relay.opts.Now().Sub(b.active) > b.relay.abandoned
}

// writeBlock implements upload.
func (b *blob) writeBlock(ctx context.Context, id string, size int64, body io.Reader) error {
	b.heard()
	defer b.heard()
	if b.has(id, size) {
		return discard(body)
	}
	err := b.take(ctx, id, size, body)
	if err == nil || b.ctx.Err() == nil {
		return err
	}
	// It has failed, which the client learns at the end, or the service has the entry.
	b.note(id, size)
	return discard(body)
}

func discard(body io.Reader) error {
	if _, err := io.Copy(io.Discard, body); err != nil {
		return fmt.Errorf("%w: %w", store.ErrSize, err)
	}
	return nil
}

// take keeps a block until it is sent.
func (b *blob) take(ctx context.Context, id string, size int64, body io.Reader) error {
	if size > groupSize {
		return b.takeLarge(ctx, id, size, body)
	}
	c, err := b.read(ctx, size, body)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.begun {
		c.free()
		return store.ErrExists
	}
	if b.open == nil {
		b.open = b.newGroup()
	}
	g := b.open
	g.content.add(c)
	g.blocks = append(g.blocks, id)
	b.blocks[id] = place{[]*group{g}, size}
	if g.content.size >= groupSize {
		b.sendOpen()
	}
	return nil
}

func (b *blob) has(id string, size int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	p, ok := b.blocks[id]
	return ok && p.size == size
}

// note remembers a block whose bytes were dropped, so that the block list is accepted.
func (b *blob) note(id string, size int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, ok := b.blocks[id]; !ok {
		b.blocks[id] = place{nil, size}
	}
}

// read waits for memory, and then for the client.
func (b *blob) read(ctx context.Context, size int64, body io.Reader) (*content, error) {
	if b.ctx.Err() != nil {
		return nil, context.Cause(b.ctx)
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	defer context.AfterFunc(b.ctx, stop)()
	c, err := b.memory(ctx, size)
	if err != nil {
		return nil, err
	}
	if err := c.fill(hearing{body, b}); err != nil {
		c.free()
		return nil, fmt.Errorf("%w: %w", store.ErrSize, err)
	}
	return c, nil
}

// memory waits for memory, for which the client waits too.
func (b *blob) memory(ctx context.Context, size int64) (*content, error) {
	count := func(n int) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.waiting += n
		b.active = b.relay.opts.Now()
	}
	count(1)
	defer count(-1)
	return b.relay.memory.take(ctx, size)
}

// takeLarge sends each part on before it reads the next one, so that no block is too large.
func (b *blob) takeLarge(ctx context.Context, id string, size int64, body io.Reader) error {
	p := place{size: size}
	for left := size; left > 0; left -= groupSize {
		c, err := b.read(ctx, min(left, groupSize), body)
		if err != nil {
			return err
		}
		b.mu.Lock()
		g := b.newGroup()
		g.content.add(c)
		b.send(g)
		b.mu.Unlock()
		p.groups = append(p.groups, g)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.blocks[id] = p
	return nil
}

// assemble implements upload.
func (b *blob) assemble(_ context.Context, blocks []string) error {
	b.heard()
	b.mu.Lock()
	defer b.mu.Unlock()
	order, size, err := b.arrange(blocks)
	if err != nil {
		return err
	}
	if b.begun { // the client has missed the reply
		if size != b.size || !slices.Equal(order, b.order) {
			return store.ErrExists
		}
		return nil
	}
	b.order, b.size, b.begun = order, size, true
	if b.open != nil && b.groups > 1 {
		b.sendOpen()
	}
	return b.relay.spawn(b.complete)
}

// arrange finds the groups that are the content. The blocks of a group must follow each other, as they came.
func (b *blob) arrange(blocks []string) (order []*group, size int64, err error) {
	for i := 0; i < len(blocks); {
		p, ok := b.blocks[blocks[i]]
		if !ok {
			return nil, 0, store.ErrUnknownBlock
		}
		members := blocks[i : i+1]
		if len(p.groups) == 1 && len(p.groups[0].blocks) > 0 {
			want := p.groups[0].blocks
			members = blocks[i:min(i+len(want), len(blocks))]
			if !slices.Equal(members, want) {
				return nil, 0, fmt.Errorf("%w: it does not have them in the order in which they came", store.ErrUnknownBlock)
			}
		}
		for _, id := range members {
			size += b.blocks[id].size
		}
		order = append(order, p.groups...)
		i += len(members)
	}
	return order, size, nil
}

// finishUpload implements upload. The client of a layer does not wait.
func (b *blob) finishUpload(ctx context.Context, size int64) error {
	b.heard()
	b.mu.Lock()
	if !b.begun || size != b.size {
		defer b.mu.Unlock()
		return fmt.Errorf("%w: %d of %d bytes", store.ErrSize, b.size, size)
	}
	if !b.wanted {
		b.wanted = true
		close(b.finish)
	}
	b.mu.Unlock()
	if b.async {
		select {
		case <-b.done:
			return b.err
		default:
			return nil
		}
	}
	return b.wait(ctx)
}
