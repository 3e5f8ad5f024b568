package archive

import (
	"io"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// block is how much is compressed at a time, as a frame of its own.
const block = 4 << 20

// queue is how many blocks there are, for each processor, before one is written: while BuildKit does not read, others
// are compressed.
const queue = 4

// compressor compresses blocks concurrently and writes them in order. zstd reads frames that follow each other as one.
type compressor struct {
	enc    *zstd.Encoder
	buf    []byte
	order  chan chan []byte
	free   sync.Pool // of *[]byte with the capacity of a block
	done   chan struct{}
	mu     sync.Mutex
	failed error // of writing
}

func newEncoder() *zstd.Encoder {
	// Options that are constants do not fail.
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(workers()), zstd.WithEncoderCRC(true))
	if err != nil {
		panic(err)
	}
	return enc
}

func newCompressor(w io.Writer) *compressor {
	c := &compressor{enc: newEncoder(), order: make(chan chan []byte, queue*workers()), done: make(chan struct{})}
	c.free.New = func() any { return new(make([]byte, 0, block)) }
	c.buf = c.take()
	go func() {
		defer close(c.done)
		for one := range c.order {
			frame := <-one
			if c.err() == nil {
				if _, err := w.Write(frame); err != nil {
					c.mu.Lock()
					c.failed = err
					c.mu.Unlock()
				}
			}
			c.give(frame)
		}
	}()
	return c
}

func (c *compressor) err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.failed
}

func (c *compressor) Write(p []byte) (n int, err error) {
	for len(p) > 0 {
		part := min(len(p), block-len(c.buf))
		c.buf = append(c.buf, p[:part]...)
		n, p = n+part, p[part:]
		if len(c.buf) == block {
			c.flush()
		}
	}
	return n, c.err()
}

func (c *compressor) flush() {
	buf, one := c.buf, make(chan []byte, 1)
	c.order <- one // waits for a block to be written, once there are several
	go func() {
		one <- c.enc.EncodeAll(buf, c.take())
		c.give(buf)
	}()
	c.buf = c.take()
}

func (c *compressor) take() []byte {
	if buf, ok := c.free.Get().(*[]byte); ok {
		return (*buf)[:0]
	}
	return nil
}

func (c *compressor) give(buf []byte) { c.free.Put(&buf) }

// Close writes what is left, and returns the first error of writing.
func (c *compressor) Close() error {
	if len(c.buf) > 0 {
		c.flush()
	}
	close(c.order)
	<-c.done
	return c.err()
}
