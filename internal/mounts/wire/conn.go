package wire

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// The types of frames: a byte, the length of the payload in four, and the payload.
const (
	frameMessage = 'm'
	frameData    = 'd'
	frameEnd     = 'e' // of data
	frameError   = 'x' // of the other side: what it was asked for failed
)

const (
	maxMessage = 1 << 20
	maxData    = 256 << 10
)

// RemoteError is an error of the other side, which still listens.
type RemoteError string

func (e RemoteError) Error() string { return string(e) }

// Conn is one end of a conversation. It is not safe for concurrent use.
type Conn struct {
	r *bufio.Reader
	w *bufio.Writer
}

// New returns a conversation over a connection, which it neither closes nor bounds in time.
func New(c io.ReadWriter) *Conn {
	return &Conn{bufio.NewReaderSize(c, maxData), bufio.NewWriterSize(c, maxData)}
}

// Send sends a message.
func (c *Conn) Send(message any) error {
	text, err := json.Marshal(message)
	if err != nil {
		return err
	}
	return c.frame(frameMessage, text)
}

// Fail tells the other side that what it waits for failed.
func (c *Conn) Fail(reason error) error { return c.frame(frameError, []byte(reason.Error())) }

// Receive reads the next message. If the other side failed, it returns a [RemoteError].
func (c *Conn) Receive(message any) error {
	kind, size, err := c.header()
	if err != nil {
		return err
	}
	if kind != frameMessage && kind != frameError || size > maxMessage {
		return fmt.Errorf("a frame of type %q and %d bytes instead of a message", kind, size)
	}
	text := make([]byte, size)
	if _, err := io.ReadFull(c.r, text); err != nil {
		return err
	}
	if kind == frameError {
		return RemoteError(text)
	}
	return json.Unmarshal(text, message)
}

// SendData sends all that r has. If reading fails, the other side's reader fails, too.
func (c *Conn) SendData(r io.Reader) (int64, error) {
	w := c.Writer()
	n, err := io.CopyBuffer(struct{ io.Writer }{w}, r, make([]byte, maxData))
	if err != nil {
		return n, errors.Join(err, c.Fail(err))
	}
	return n, w.Close()
}

// Writer returns a stream of data, which its Close ends.
func (c *Conn) Writer() io.WriteCloser { return dataWriter{c} }

type dataWriter struct{ c *Conn }

func (d dataWriter) Write(p []byte) (n int, err error) {
	for len(p) > 0 {
		part := p[:min(len(p), maxData)]
		if err := d.c.put(frameData, part); err != nil {
			return n, err
		}
		n, p = n+len(part), p[len(part):]
	}
	return n, nil
}

func (d dataWriter) Close() error { return d.c.frame(frameEnd, nil) }

// Reader returns the stream of data that comes next. It must be read to its end, which is io.EOF, before the next message.
func (c *Conn) Reader() io.Reader { return &dataReader{c: c} }

type dataReader struct {
	c    *Conn
	left int // of the frame at hand
	err  error
}

func (d *dataReader) Read(p []byte) (int, error) {
	for d.left == 0 && d.err == nil {
		d.left, d.err = d.next()
	}
	if d.err != nil {
		return 0, d.err
	}
	n, err := d.c.r.Read(p[:min(len(p), d.left)])
	d.left -= n
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	d.err = err
	return n, nil
}

func (d *dataReader) next() (int, error) {
	kind, size, err := d.c.header()
	switch {
	case err != nil:
		return 0, err
	case kind == frameEnd:
		return 0, io.EOF
	case kind == frameData && size <= maxData:
		return size, nil
	case kind != frameError || size > maxMessage:
		return 0, fmt.Errorf("a frame of type %q and %d bytes instead of data", kind, size)
	}
	text := make([]byte, size)
	if _, err := io.ReadFull(d.c.r, text); err != nil {
		return 0, err
	}
	return 0, RemoteError(text)
}

func (c *Conn) frame(kind byte, payload []byte) error {
	if err := c.put(kind, payload); err != nil {
		return err
	}
	return c.w.Flush()
}

func (c *Conn) put(kind byte, payload []byte) error {
	var head [5]byte
	head[0] = kind
	binary.BigEndian.PutUint32(head[1:], uint32(len(payload)))
	if _, err := c.w.Write(head[:]); err != nil {
		return err
	}
	_, err := c.w.Write(payload)
	return err
}

func (c *Conn) header() (kind byte, size int, err error) {
	var head [5]byte
	if _, err := io.ReadFull(c.r, head[:]); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return 0, 0, err
	}
	return head[0], int(binary.BigEndian.Uint32(head[1:])), nil
}
