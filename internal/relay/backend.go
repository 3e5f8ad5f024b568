package relay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/store"
	"github.com/docker-ghacache/docker-ghacache/internal/runtimeclient"
)

// upload is an entry that a client is writing.
type upload interface {
	// writeBlock takes a block. It may wait for memory.
	writeBlock(ctx context.Context, id string, size int64, body io.Reader) error
	// assemble makes the blocks the content, and begins to bring it upstream as far as that has not begun.
	assemble(ctx context.Context, blocks []string) error
	// finishUpload makes it an entry upstream.
	finishUpload(ctx context.Context, size int64) error
}

// backend is a Relay as the backend of a front.
type backend struct{ *Relay }

var (
	errClosed = errors.New("the relay ends")

	errIsClosed = &cacheserver.ReplyError{Status: http.StatusPreconditionFailed, Code: "failed_precondition", Text: errClosed.Error()}
)

// replyTo makes of an error what BuildKit can show. A reply with status 5xx or 429 would make it wait: azblob repeats such
// requests for many minutes, and the relay has repeated its own already.
func replyTo(err error) error {
	refused, isRefusal := errors.AsType[*runtimeclient.ServiceError](err)
	_, isReply := errors.AsType[*cacheserver.ReplyError](err)
	switch {
	case err == nil, isReply:
		return err
	case errors.Is(err, runtimeclient.ErrNotFound):
		return store.ErrNotFound
	case errors.Is(err, fs.ErrExist):
		return store.ErrExists
	case errors.Is(err, store.ErrSize), errors.Is(err, store.ErrUnknownBlock), errors.Is(err, store.ErrTooLarge), errors.Is(err, store.ErrExists), errors.Is(err, store.ErrNotFound):
		return err
	case isRefusal && refused.Status < http.StatusInternalServerError && refused.Status != http.StatusTooManyRequests:
		return &cacheserver.ReplyError{Status: refused.Status, Code: refused.Code, Text: err.Error()}
	}
	return &cacheserver.ReplyError{Status: http.StatusPreconditionFailed, Code: "failed_precondition", Text: err.Error()}
}

func (b backend) Reserve(ctx context.Context, n store.Name, _ string) (int64, error) {
	id, err := b.begin(ctx, name{n.Version, n.Key})
	return id, replyTo(err)
}

// begin makes an upload. That of a layer is reserved upstream when its content is complete or large: a reservation of an
// upload that is interrupted blocks the key for an hour.
func (r *Relay) begin(ctx context.Context, n name) (int64, error) {
	if bkcache.ParseKey(n.key, n.version).Kind == bkcache.KindLayer {
		return r.beginLayer(n)
	}
	writer, err := r.reserve(ctx, n)
	if err != nil {
		return 0, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if bkcache.ParseKey(n.key, n.version).Kind == bkcache.KindIndex {
		return r.add(n, &index{relay: r, name: n, writer: writer, blocks: map[string][]byte{}}), nil
	}
	b := newBlob(r, n, false)
	b.reserving.Do(func() { b.writer = writer })
	return r.add(n, b), nil
}

func (r *Relay) beginLayer(n name) (int64, error) {
	r.sending(n) // or give it up
	r.mu.Lock()
	defer r.mu.Unlock()
	if old, ok := r.uploads[n].(*blob); ok && old.underWay() || r.seen(n, remembered) {
		return 0, store.ErrExists
	}
	return r.add(n, newBlob(r, n, true)), nil
}

// add gives an upload an id. The caller has locked mu.
func (r *Relay) add(n name, u upload) int64 {
	r.lastID++
	r.uploads[n], r.ids[r.lastID] = u, u
	return r.lastID
}

// reserve reserves a name upstream, or takes the reservation of a layer that failed in this relay.
func (r *Relay) reserve(ctx context.Context, n name) (*runtimeclient.BlobWriter, error) {
	r.mu.Lock()
	kept, ok := r.kept[n]
	delete(r.kept, n)
	r.mu.Unlock()
	if ok && r.opts.Now().Sub(kept.at) < writable {
		return kept.writer, nil
	}
	writer, err := r.service.Reserve(ctx, n.key, n.version)
	if errors.Is(err, fs.ErrExist) {
		err = r.lose(n, err)
	}
	return writer, err
}

// lose remembers the names whose reservation this relay has lost: for them there is no other job to wait for.
func (r *Relay) lose(n name, exists error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case errors.Is(exists, runtimeclient.ErrReplyLost):
		r.lost[n] = true
	case r.lost[n]:
		return fmt.Errorf("%w: %w", exists, runtimeclient.ErrReplyLost)
	}
	return exists
}

// keepWriter keeps the reservation of a layer that failed.
func (r *Relay) keepWriter(n name, w *runtimeclient.BlobWriter) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kept[n] = reservation{w, r.opts.Now()}
}

// reservation is that of an upload that failed.
type reservation struct {
	writer *runtimeclient.BlobWriter
	at     time.Time // of the failure
}

// writable is how long a reservation is used again. GitHub's URLs for writing expire after an hour.
const writable = 20 * time.Minute

// pending returns the upload of a layer in this relay, which may have ended; nil if there was none.
func (r *Relay) pending(n name) *blob {
	r.mu.Lock()
	defer r.mu.Unlock()
	b, _ := r.uploads[n].(*blob)
	return b
}

// sending returns the upload of a layer that can still become an entry; nil if there is none. It gives up one that its client
// has left.
func (r *Relay) sending(n name) *blob {
	b := r.pending(n)
	if b == nil {
		return nil
	}
	if b.isAbandoned() {
		b.abandon()
	}
	if !b.underWay() {
		return nil
	}
	return b
}

func (r *Relay) upload(id int64) (upload, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	u, ok := r.ids[id]
	if !ok {
		return nil, store.ErrNotFound
	}
	return u, nil
}

func (b backend) CheckUnfinished(id int64) error {
	_, err := b.upload(id)
	return err
}

func (b backend) WriteBlock(ctx context.Context, id int64, block string, size int64, body io.Reader) error {
	u, err := b.upload(id)
	if err == nil {
		err = u.writeBlock(ctx, block, size, body)
	}
	return replyTo(err)
}

func (b backend) Assemble(ctx context.Context, id int64, blocks []string) error {
	u, err := b.upload(id)
	if err == nil {
		err = u.assemble(ctx, blocks)
	}
	return replyTo(err)
}

func (b backend) Finish(ctx context.Context, n store.Name, size int64) (int64, error) {
	b.mu.Lock()
	u := b.uploads[name{n.Version, n.Key}]
	b.mu.Unlock()
	if u == nil {
		return 0, store.ErrNotFound
	}
	if err := u.finishUpload(ctx, size); err != nil {
		b.logf("%v", err)
		return 0, replyTo(err)
	}
	return 1, nil // clients only print it
}

// settled records how an upload ended.
func (r *Relay) settled(b *blob) {
	if b.err != nil {
		r.counts.failed()
		r.logf("%v", b.err)
		if b.writer != nil && b.async { // a request of this attempt may still arrive, with the same content
			r.keepWriter(b.name, b.writer)
		}
		return
	}
	if b.async {
		r.confirmed(b.name, "")
	}
	if !b.present {
		r.counts.layer(b.size)
		r.local.finish(b.keeps(), b.order, b.size)
	}
}

// spawn runs f in the background, until which Close waits.
func (r *Relay) spawn(f func()) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed.Err() != nil {
		return errIsClosed
	}
	r.running.Go(f)
	return nil
}

func (r *Relay) logf(format string, args ...any) {
	if r.opts.Log != nil {
		_, _ = fmt.Fprintf(r.opts.Log, format+"\n", args...)
	}
}
