package archive

import (
	"io"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// block is how much is compressed at a time, as a frame of its own.
const block = 4 << 20

// compressor compresses blocks concurrently and writes them in order. zstd reads frames that follow each other as one.
type compressor struct {
	enc    *zstd.Encoder
	buf    []byte
	order  chan chan []byte
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
	c := &compressor{enc: newEncoder(), buf: make([]byte, 0, block), order: make(chan chan []byte, workers()), done: make(chan struct{})}
	go func() {
		defer close(c.done)
		for one := range c.order {
			if frame := <-one; c.err() == nil {
				if _, err := w.Write(frame); err != nil {
					c.mu.Lock()
					c.failed = err
					c.mu.Unlock()
				}
			}
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
	go func() { one <- c.enc.EncodeAll(buf, nil) }()
	c.buf = make([]byte, 0, block)
}

// Close writes what is left, and returns the first error of writing.
func (c *compressor) Close() error {
	if len(c.buf) > 0 {
		c.flush()
	}
	close(c.order)
	<-c.done
	return c.err()
}
