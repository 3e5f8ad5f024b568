package runtimeclient

import (
	"bytes"
	"io"
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

// Close implements [io.Closer].
func (b *sentBody) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	return nil
}

// azureTransport sends requests of Azure's client. When Do returns, that one unmaps the memory that it sends, or sends it
// again (azblob 1.5, copyFromReader in blockblob/chunkwriting.go). A connection that reads it later ends the process, by a
// fault that cannot be recovered from.
type azureTransport struct{ client *http.Client }

// Do is that of azcore's policy.Transporter.
func (t azureTransport) Do(req *http.Request) (*http.Response, error) {
	if req.Body == nil {
		return t.client.Do(req)
	}
	body := &sentBody{content: req.Body, left: req.ContentLength}
	defer body.Close()
	req = req.WithContext(req.Context())
	req.Body, req.GetBody = body, nil
	resp, err := t.client.Do(req)
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
