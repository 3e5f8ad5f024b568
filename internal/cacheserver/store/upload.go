package store

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// maxBlocks is Azure's limit of uncommitted blocks of a blob.
const maxBlocks = 100_000

// maxRuns is how many gaps chunks may leave. Real clients have a few hundred chunks.
const maxRuns = 10_000

// upload is an unfinished entry. Blocks are appended to its blob as they come, chunks are written at their offset; a piece
// counts only once all of it has arrived.
type upload struct {
	name   Name
	token  string // whose reservation it is
	id     int64
	held   tally // of it in the table; the store's lock guards it
	blobs  Blobs
	moment func() time.Duration // since the store was opened, by a clock that is not set

	active atomic.Int64 // the moment when bytes came last
	busy   atomic.Int64 // requests that work at it

	mu        sync.RWMutex      // read-locked while bytes are written, so that none arrive after the end
	ended     bool              // finished or aborted
	end       int64             // offset of the next block
	blocks    map[string]extent // by id
	content   []extent          // as the last block list gives it
	assembled bool              // a block list has arrived
	chunks    []extent          // chunks that have arrived
}

func (u *upload) lastActive() time.Duration { return time.Duration(u.active.Load()) }

func (u *upload) stir() { u.active.Store(int64(u.moment())) }

// work counts a request that works at the upload, until done.
func (u *upload) work() (done func()) {
	u.busy.Add(1)
	return func() { u.busy.Add(-1) }
}

// allot finds a place for a block.
func (u *upload) allot(size, limit int64) (extent, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if size > limit-u.end {
		return extent{}, ErrTooLarge
	}
	e := extent{u.end, size}
	u.end += size
	return e, nil
}

// giveBack keeps the blocks in one run when the client sends this one again.
func (u *upload) giveBack(e extent) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.end == e.end() {
		u.end = e.Off
	}
}

// writeBlock takes the body as the block id, which replaces an earlier one, and writes it at e.
func (u *upload) writeBlock(id string, e extent, body io.Reader) error {
	if err := u.copy(e, body); err != nil {
		return err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.blocks[id] = e
	return nil
}

// writeChunk takes the body as the content at e. Bytes that arrived there before count again only when these have.
func (u *upload) writeChunk(e extent, body io.Reader) error {
	if err := u.expect(e); err != nil {
		return err
	}
	if err := u.copy(e, body); err != nil {
		return err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.chunks = cover(u.chunks, e)
	return nil
}

// expect forgets what a chunk will replace. Gaps are bounded, because each chunk walks through all of them.
func (u *upload) expect(e extent) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.chunks) >= maxRuns {
		return fmt.Errorf("%w: it has %d gaps", ErrTooLarge, maxRuns)
	}
	u.chunks = uncover(u.chunks, e)
	return nil
}

// copy writes all of body at e and fails unless body is as long as e. Its pieces are small on purpose: for larger ones Linux
// caches larger runs of pages, for which it seldom reuses what was freed. On a virtual machine that made it three times slower.
func (u *upload) copy(e extent, body io.Reader) error {
	blob, err := u.open()
	if err != nil {
		return err
	}
	n, err := io.Copy(io.NewOffsetWriter(uploadWriter{u, blob}, e.Off), io.LimitReader(body, e.N))
	if err := errors.Join(err, blob.Close()); err != nil {
		return err
	}
	if n < e.N {
		return fmt.Errorf("%w: %d of %d bytes", ErrSize, n, e.N)
	}
	if extra, _ := io.CopyN(io.Discard, body, 1); extra > 0 {
		return fmt.Errorf("%w: more than %d bytes", ErrSize, e.N)
	}
	return nil
}

func (u *upload) open() (BlobWriter, error) {
	u.mu.RLock()
	defer u.mu.RUnlock()
	if u.ended {
		return nil, ErrNotFound
	}
	u.stir()
	return u.blobs.Writer(u.id)
}

// uploadWriter writes to an upload that has not ended.
type uploadWriter struct {
	*upload
	blob BlobWriter
}

// WriteAt implements [io.WriterAt].
func (w uploadWriter) WriteAt(p []byte, off int64) (int, error) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.ended {
		return 0, ErrNotFound
	}
	w.stir()
	return w.blob.WriteAt(p, off)
}

// listed is the content that a list of blocks makes. A list may name a block more than once, so that the content is larger
// than what was uploaded.
func (u *upload) listed(ids []string, limit int64) (content []extent, err error) {
	u.mu.RLock()
	defer u.mu.RUnlock()
	for _, id := range ids {
		e, ok := u.blocks[id]
		if !ok {
			return nil, ErrUnknownBlock
		}
		if limit -= e.N; limit < 0 {
			return nil, ErrTooLarge
		}
		content = join(content, e)
	}
	return content, nil
}

// assemble makes this the content. A client that missed the reply may say so again.
func (u *upload) assemble(content []extent) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.content, u.assembled = content, true
}

// whole returns the content if it is exactly size bytes.
func (u *upload) whole(size int64) ([]extent, error) {
	u.mu.RLock()
	defer u.mu.RUnlock()
	return u.wholeLocked(size)
}

func (u *upload) wholeLocked(size int64) ([]extent, error) {
	if u.ended {
		return nil, ErrNotFound
	}
	content := u.content
	if !u.assembled {
		content = u.chunks
	}
	gap := !u.assembled && len(content) > 0 && (len(content) > 1 || content[0].Off != 0)
	if have := total(content); gap || have != size {
		return nil, fmt.Errorf("%w: %d of %d bytes", ErrSize, have, size)
	}
	return content, nil
}

// seal ends the upload, unless its content is no longer the one that [upload.whole] returned.
func (u *upload) seal(content []extent, size int64) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	now, err := u.wholeLocked(size)
	if err == nil && !slices.Equal(now, content) {
		err = fmt.Errorf("%w: it changed meanwhile", ErrSize)
	}
	u.ended = u.ended || err == nil
	return err
}

// abort ends the upload, unless it has ended already.
func (u *upload) abort() (aborted bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	aborted = !u.ended
	u.ended = true
	return aborted
}

// failed reports whether an error is of this machine's disk, and not of the client's connection.
func failed(err error) bool {
	_, ok := errors.AsType[*fs.PathError](err)
	return ok
}
