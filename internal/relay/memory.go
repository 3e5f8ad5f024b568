package relay

import (
	"cmp"
	"context"
	"errors"
	"io"
	"runtime/debug"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
)

// page is the unit of memory. BuildKit sends layers in blocks of this size.
const page = 1 << 20

// memory is what layers may take while they wait. Its pages are used again and again, because the garbage collector would
// let as much garbage pile up beside them.
type memory struct {
	limit   int64
	left    *semaphore.Weighted
	pressed func() // called before somebody waits, to free what can be freed

	mu    sync.Mutex
	pages [][]byte
}

func newMemory(limit int64, pressed func()) *memory {
	return &memory{limit: limit, left: semaphore.NewWeighted(limit), pressed: pressed}
}

// take waits for memory for size bytes.
func (m *memory) take(ctx context.Context, size int64) (*content, error) {
	cost := costOf(size)
	if !m.left.TryAcquire(cost) {
		if err := m.wait(ctx, cost); err != nil {
			return nil, err
		}
	}
	return m.cut(size, cost), nil
}

func (m *memory) wait(ctx context.Context, cost int64) error {
	// Others may begin to fill a group while this one waits.
	again := time.NewTicker(time.Second)
	ctx, stop := context.WithCancel(ctx)
	var pressing sync.WaitGroup
	defer pressing.Wait()
	defer stop()
	pressing.Go(func() {
		defer again.Stop()
		for ctx.Err() == nil {
			m.pressed()
			select {
			case <-again.C:
			case <-ctx.Done():
			}
		}
	})
	return m.left.Acquire(ctx, cost)
}

// costOf counts a rest of more than half a page as a page.
func costOf(size int64) int64 {
	if rest := size % page; rest > page/2 {
		return size - rest + page
	}
	return size
}

func (m *memory) cut(size, cost int64) *content {
	c := &content{memory: m, cost: cost, size: size}
	for left := size; left > 0; left -= page {
		switch {
		case left >= page:
			c.pages = append(c.pages, m.page())
		case left > page/2:
			c.pages = append(c.pages, m.page()[:left])
		default:
			c.pages = append(c.pages, make([]byte, left))
		}
	}
	return c
}

func (m *memory) page() []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	if n := len(m.pages); n > 0 {
		p := m.pages[n-1]
		m.pages = m.pages[:n-1]
		return p
	}
	return make([]byte, page)
}

// content is a run of bytes in pages. The zero value is empty.
type content struct {
	memory *memory
	pages  [][]byte
	size   int64
	cost   int64
}

// add moves the bytes of other to the end.
func (c *content) add(other *content) {
	c.memory = other.memory
	c.pages = append(c.pages, other.pages...)
	c.size += other.size
	c.cost += other.cost
	other.pages, other.size, other.cost = nil, 0, 0
}

// fill reads all of it. A reader that ends before that is an [io.ErrUnexpectedEOF].
func (c *content) fill(r io.Reader) error {
	for _, p := range c.pages {
		if _, err := io.ReadFull(r, p); errors.Is(err, io.EOF) {
			return io.ErrUnexpectedEOF
		} else if err != nil {
			return err
		}
	}
	return nil
}

// writeFirst writes the first n bytes.
func (c *content) writeFirst(w io.Writer, n int64) (written int64, err error) {
	for _, p := range c.pages {
		p = p[:min(int64(len(p)), n-written)]
		sent, err := w.Write(p)
		written += int64(sent)
		if err != nil || written == n {
			return written, err
		}
	}
	return written, nil
}

// filler fills content from its beginning. It reads into the pages, so that nothing copies the bytes once more.
type filler struct {
	*content
	off int64
}

// ReadFrom implements drain.
func (f *filler) ReadFrom(r io.Reader) (filled int64, err error) {
	for f.off < f.size {
		n, err := r.Read(f.pages[f.off/page][f.off%page:]) // all pages but the last are full
		filled += int64(n)
		f.off += int64(n)
		switch {
		case errors.Is(err, io.EOF):
			return filled, nil
		case err != nil:
			return filled, err
		}
	}
	return filled, nil
}

func (f *filler) broken() bool { return false }

// free gives the memory back. Nobody may read it afterwards.
func (c *content) free() {
	if c.memory == nil {
		return
	}
	m := c.memory
	m.mu.Lock()
	for _, p := range c.pages {
		if cap(p) == page {
			m.pages = append(m.pages, p[:page])
		}
	}
	m.mu.Unlock()
	m.left.Release(c.cost)
	*c = content{}
}

// reader reads it from the beginning.
func (c *content) reader() io.Reader { return &pageReader{pages: c.pages} }

type pageReader struct {
	pages [][]byte
	off   int // in the first page
}

// Read implements [io.Reader].
func (r *pageReader) Read(p []byte) (int, error) {
	for len(r.pages) > 0 && r.off == len(r.pages[0]) {
		r.pages, r.off = r.pages[1:], 0
	}
	if len(r.pages) == 0 {
		return 0, io.EOF
	}
	n := copy(p, r.pages[0][r.off:])
	r.off += n
	return n, nil
}

// WriteTo implements [io.WriterTo].
func (r *pageReader) WriteTo(w io.Writer) (written int64, err error) {
	for len(r.pages) > 0 && err == nil {
		var n int
		n, err = w.Write(r.pages[0][r.off:])
		written += int64(n)
		if r.off += n; r.off == len(r.pages[0]) {
			r.pages, r.off = r.pages[1:], 0
		}
	}
	return written, err
}

// beside is what a relay takes beside the bytes of layers.
const beside = 40 << 20

// LimitMemory makes the garbage collector keep this process near the memory that a relay needs with the given
// [Options.Memory]. Without, it lets garbage take as much again. It is for processes that do little else than to relay.
func LimitMemory(memory int64) {
	limit := withDefault(memory) + beside
	if debug.SetMemoryLimit(-1) > limit {
		debug.SetMemoryLimit(limit)
	}
}

func withDefault(memory int64) int64 { return max(cmp.Or(memory, 128<<20), 16<<20) }
