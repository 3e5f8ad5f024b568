package runtimeclient

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"sync"
)

// sentBody is content that nobody reads once Close has returned. A connection reads on when the reply came early, and in
// HTTP/2 when it has closed the content.
type sentBody struct {
	mu      sync.Mutex
	content io.Reader
	left    int64 // bytes
	closed  bool
}

// Read implements [io.Reader]. Content that was sent has an end even after Close, so that its connection can be used again.
func (b *sentBody) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.left == 0 {
		return 0, io.EOF
	}
	if b.closed {
		return 0, http.ErrBodyReadAfterClose
	}
	n, err := b.content.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

// handOver writes all that is left from where it is, as much at a time as it has in one piece. It is not ok if the content
// cannot do that. Close waits for it: when a reply came early, net/http closes the connection first.
func (b *sentBody) handOver(to io.Writer) (n int64, ok bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	content, ok := b.content.(io.WriterTo)
	if !ok || b.closed || b.left == 0 {
		return 0, false, nil
	}
	n, err = content.WriteTo(to)
	b.left -= n
	return n, true, err
}

// Close implements [io.Closer].
func (b *sentBody) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	return nil
}

// dial connects, as of [http.Transport].
type dial = func(ctx context.Context, network, address string) (net.Conn, error)

// receiving makes connections that take content from where it is.
func receiving(d dial) dial {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := d(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return receiver{c}, nil
	}
}

type receiver struct{ net.Conn }

// ReadFrom implements [io.ReaderFrom]. net/http limits a body to its length, and then copies it in pieces of 32 KiB.
func (c receiver) ReadFrom(r io.Reader) (int64, error) {
	if l, ok := r.(*io.LimitedReader); ok {
		if body, ok := l.R.(*sentBody); ok {
			if n, ok, err := body.handOver(c.Conn); ok {
				l.N -= n
				return n, err
			}
		}
	}
	return io.Copy(c.Conn, r)
}

// azureTransport sends requests of Azure's client. After a reply, that one unmaps the memory that it sends, or sends it again
// (azblob 1.5, copyFromReader in blockblob/chunkwriting.go). A connection that reads it later ends the process, by a fault
// that cannot be recovered from.
type azureTransport struct{ http.RoundTripper }

// RoundTrip implements [http.RoundTripper].
func (t azureTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		return t.RoundTripper.RoundTrip(r)
	}
	body := &sentBody{content: r.Body, left: r.ContentLength}
	defer r.Body.Close()
	defer body.Close()
	r = r.WithContext(r.Context())
	r.Body, r.GetBody = body, nil
	resp, err := t.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body) // before the content is closed, which can end the connection
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(text))
	return resp, nil
}
