package store

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// maxBlocks is Azure's limit of uncommitted blocks of a blob.
const maxBlocks = 100_000

// upload is an unfinished entry. Blocks are appended to its file as they arrive; chunks are written at their offsets.
// A block or chunk counts only when all of it has arrived.
type upload struct {
	name Name
	id   int64
	path string // of its file, which the first bytes create and which is open only while bytes arrive

	now     func() time.Time
	buffers *sync.Pool   // of *[]byte
	active  atomic.Int64 // when bytes arrived last, in nanoseconds

	mu        sync.RWMutex      // read-locked while bytes are written, so that none arrive after the end
	ended     bool              // finished or aborted
	end       int64             // offset of the next block
	blocks    map[string]extent // by id
	content   []extent          // as the last block list gives it
	assembled bool              // a block list has arrived
	chunks    []extent          // chunks that have arrived
}

// idle reports whether nothing arrived for longer than limit.
func (u *upload) idle(now time.Time, limit time.Duration) bool {
	return now.UnixNano()-u.active.Load() > int64(limit)
}

// writeBlock stores exactly size bytes of body as block id. It replaces an earlier block of that id.
func (u *upload) writeBlock(id string, size, limit int64, body io.Reader) error {
	e, err := u.allot(size, limit)
	if err != nil {
		return err
	}
	err = u.copy(e, body)

	u.mu.Lock()
	defer u.mu.Unlock()
	if err != nil {
		// If the client sends the block again, the blocks are still in one run.
		if u.end == e.end() {
			u.end = e.Off
		}
		return err
	}
	u.blocks[id] = e
	return nil
}

func (u *upload) allot(size, limit int64) (extent, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if size > limit-u.end || len(u.blocks) >= maxBlocks {
		return extent{}, ErrTooLarge
	}
	e := extent{u.end, size}
	u.end += size
	return e, nil
}

// writeChunk stores exactly size bytes of body as the content from off on. Bytes that arrived there before do not
// count until these have arrived.
func (u *upload) writeChunk(off, size, limit int64, body io.Reader) error {
	if off > limit || size > limit-off {
		return ErrTooLarge
	}
	e := extent{off, size}
	u.mu.Lock()
	u.chunks = uncover(u.chunks, e)
	u.mu.Unlock()

	if err := u.copy(e, body); err != nil {
		return err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.chunks = cover(u.chunks, e)
	return nil
}

// copy writes body at e. It fails unless body is exactly as long as e.
func (u *upload) copy(e extent, body io.Reader) error {
	file, err := u.open()
	if err != nil {
		return err
	}
	buffer := u.buffers.Get().(*[]byte) //nolint:forcetypeassert // the pool makes nothing else
	defer u.buffers.Put(buffer)
	n, err := io.CopyBuffer(io.NewOffsetWriter(uploadWriter{u, file}, e.Off), io.LimitReader(body, e.N), *buffer)
	if err := errors.Join(err, file.Close()); err != nil {
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

func (u *upload) open() (*os.File, error) {
	u.mu.RLock()
	defer u.mu.RUnlock()
	if u.ended {
		return nil, ErrNotFound
	}
	return os.OpenFile(u.path, os.O_WRONLY|os.O_CREATE, 0o600)
}

// uploadWriter writes to an upload that has not ended.
type uploadWriter struct {
	*upload
	file *os.File
}

// WriteAt implements [io.WriterAt].
func (w uploadWriter) WriteAt(p []byte, off int64) (int, error) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.ended {
		return 0, ErrNotFound
	}
	w.active.Store(w.now().UnixNano())
	return w.file.WriteAt(p, off)
}

// assemble makes the content from the blocks, in this order. A client that missed the reply may call it again.
func (u *upload) assemble(ids []string) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	var content []extent
	for _, id := range ids {
		e, ok := u.blocks[id]
		if !ok {
			return ErrUnknownBlock
		}
		content = join(content, e)
	}
	u.content, u.assembled = content, true
	return nil
}

// seal ends the upload and returns its content. It fails unless the content has exactly size bytes.
func (u *upload) seal(size int64) ([]extent, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
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
	u.ended = true
	return content, nil
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
