package relay

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/docker-ghacache/docker-ghacache/internal/runtimeclient"
)

const (
	// parallelFrom is the size from which on a layer is read in parallel ranges.
	parallelFrom = 32 << 20
	// rangeSize is the size of a range.
	rangeSize = 4 << 20
	// maxRanges is how many ranges of a layer are read at a time, if there is memory; with less than minRanges, the layer
	// is passed on as it comes.
	maxRanges = 16
	minRanges = 4
)

// stream sends the bytes from off to end, of which resp has the first. It returns how many it has sent.
func (r *Relay) stream(ctx context.Context, w io.Writer, e *entry, resp *http.Response, off, end int64) (int64, error) {
	if end-off <= parallelFrom {
		return r.follow(ctx, &sink{Writer: w}, e, resp, off, end)
	}
	buffers := r.buffers()
	if len(buffers) == 0 {
		return r.follow(ctx, &sink{Writer: w}, e, resp, off, end)
	}
	f := &fan{relay: r, entry: e, end: end, next: off + rangeSize, free: make(chan *content, len(buffers)), pieces: make(chan *piece, len(buffers))}
	for _, b := range buffers {
		f.free <- b
	}
	defer f.close()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go f.fetch(ctx)
	// The head goes out as it arrives.
	sent, err := r.follow(ctx, &sink{Writer: w}, e, resp, off, off+rangeSize)
	if err != nil {
		return sent, err
	}
	resp.Body.Close() //nolint:errcheck,gosec // the rest comes in ranges
	n, err := f.writeTo(ctx, w)
	return sent + n, err
}

// buffers returns memory for the ranges of a layer: at most half of what is left.
func (r *Relay) buffers() (buffers []*content) {
	for n := 2 * maxRanges; n >= 2*minRanges; n-- {
		if r.memory.left.TryAcquire(int64(n) * rangeSize) {
			r.memory.left.Release(int64(n-n/2) * rangeSize)
			for range n / 2 {
				buffers = append(buffers, r.memory.cut(rangeSize, rangeSize))
			}
			return buffers
		}
	}
	return nil
}

// drain takes content.
type drain interface {
	io.ReaderFrom
	broken() bool // it failed itself, and not the reader
}

// follow sends the bytes from off to end as they arrive, and continues on another connection when one breaks.
func (r *Relay) follow(ctx context.Context, to drain, e *entry, resp *http.Response, off, end int64) (sent int64, err error) {
	for attempt := 1; ; attempt++ {
		n, err := to.ReadFrom(io.LimitReader(resp.Body, end-off-sent))
		if sent += n; sent == end-off {
			return sent, nil
		}
		if ctx.Err() != nil || attempt == readAttempts || to.broken() {
			return sent, fmt.Errorf("%d of %d bytes: %w", sent, end-off, cmp.Or(err, io.ErrUnexpectedEOF))
		}
		if n > 0 {
			attempt = 0
		}
		if err := runtimeclient.Backoff(ctx, err, attempt+1, r.opts.Timeout); err != nil {
			return sent, err
		}
		if resp, err = r.get(ctx, e, off+sent, end-off-sent); err != nil {
			return sent, err
		}
		defer resp.Body.Close()
	}
}

// sink writes content.
type sink struct {
	io.Writer
	failed bool
}

// ReadFrom implements drain.
func (s *sink) ReadFrom(r io.Reader) (int64, error) { return io.Copy(struct{ io.Writer }{s}, r) }

func (s *sink) broken() bool { return s.failed }

// Write implements [io.Writer].
func (s *sink) Write(p []byte) (int, error) {
	n, err := s.Writer.Write(p)
	s.failed = s.failed || err != nil
	return n, err
}

// fan reads the ranges of an entry in parallel.
type fan struct {
	relay  *Relay
	entry  *entry
	next   int64 // offset of the next range
	end    int64
	free   chan *content
	pieces chan *piece // in order
}

// piece is a range on its way.
type piece struct {
	size  int64
	bytes *content
	done  chan struct{} // closed when err is valid
	err   error
}

// fetch begins a range whenever there is a buffer. It closes pieces at the end.
func (f *fan) fetch(ctx context.Context) {
	defer close(f.pieces)
	for f.next < f.end {
		var b *content
		select {
		case b = <-f.free:
		case <-ctx.Done():
			return
		}
		p := &piece{size: min(rangeSize, f.end-f.next), bytes: b, done: make(chan struct{})}
		go func(off int64) {
			defer close(p.done)
			p.err = f.read(ctx, p, off)
		}(f.next)
		f.next += p.size
		f.pieces <- p // there is room for as many as there are buffers
	}
}

func (f *fan) read(ctx context.Context, p *piece, off int64) error {
	resp, err := f.relay.get(ctx, f.entry, off, p.size)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = f.relay.follow(ctx, &filler{content: p.bytes}, f.entry, resp, off, off+p.size)
	return err
}

// close waits for the requests under way, which its caller has ended, and frees the memory.
func (f *fan) close() {
	for p := range f.pieces {
		<-p.done
		f.free <- p.bytes
	}
	close(f.free)
	for b := range f.free {
		b.free()
	}
}

// writeTo sends the ranges in order.
func (f *fan) writeTo(ctx context.Context, w io.Writer) (sent int64, err error) {
	for p := range f.pieces {
		<-p.done
		if p.err == nil {
			var n int64
			n, p.err = p.bytes.writeFirst(w, p.size)
			sent += n
		}
		f.free <- p.bytes
		if p.err != nil {
			return sent, p.err
		}
	}
	return sent, ctx.Err()
}
