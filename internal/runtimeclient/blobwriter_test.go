package runtimeclient

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/servertest"
)

// slowLine is a connection that still sends when a storage has refused the content, as on a machine with few cores.
type slowLine struct{ net.Conn }

// Write implements [net.Conn].
func (l slowLine) Write(p []byte) (int, error) {
	time.Sleep(time.Millisecond)
	return l.Conn.Write(p)
}

// Close implements [net.Conn].
func (l slowLine) Close() error {
	time.Sleep(20 * time.Millisecond)
	return l.Conn.Close()
}

// refusedEarly returns the writer of an upload that the storage refuses before it has read the content. It goes on with
// rest.
func refusedEarly(t *testing.T, rest http.HandlerFunc) *BlobWriter {
	storage := servertest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		control := http.NewResponseController(w)
		_ = control.EnableFullDuplex()
		w.Header().Set("Content-Length", "7")
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, "refused")
		_ = control.Flush()
		rest(w, r)
	}))
	u := uploaderOf(t, servertest.Open(t, cacheserver.Options{}), storage)
	u.service.client.Transport.(watched).RoundTripper.(*http.Transport).DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		var d net.Dialer
		c, err := d.DialContext(ctx, network, address)
		return slowLine{c}, err
	}
	return &BlobWriter{storage + "/?sig=secret", u.service}
}

// zeros are content without end.
type zeros struct{}

// Read implements [io.Reader].
func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func readOn(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }

// Azure's client unmaps its memory when an upload fails. If a connection reads it afterwards, the process dies.
func TestAStreamThatIsRefusedWhileItIsSentEnds(t *testing.T) {
	for name, size := range map[string]int{"in one request": blockSize - 1, "in blocks": 4 * blockSize} {
		t.Run(name, func(t *testing.T) {
			err := refusedEarly(t, readOn).stream(t.Context(), bytes.NewReader(make([]byte, size)))
			if err == nil || !strings.Contains(err.Error(), "403") {
				t.Errorf("have %v", err)
			}
			time.Sleep(100 * time.Millisecond) // in which the connections end
		})
	}
}

// lent is content whose memory is used again once it is taken back.
type lent struct {
	io.Reader
	back, late atomic.Bool
}

// Read implements [io.Reader].
func (l *lent) Read(p []byte) (int, error) {
	if l.back.Load() {
		l.late.Store(true)
	}
	return l.Reader.Read(p)
}

// pieces is content that writes itself, as pages of memory do.
type pieces struct{ io.LimitedReader }

// WriteTo implements [io.WriterTo].
func (p *pieces) WriteTo(w io.Writer) (int64, error) {
	return io.CopyBuffer(struct{ io.Writer }{w}, &p.LimitedReader, make([]byte, 1<<20))
}

// kinds are how content comes to a connection.
var kinds = map[string]func(r io.Reader, size int64) io.Reader{
	"content that is read":       func(r io.Reader, _ int64) io.Reader { return r },
	"content that writes itself": func(r io.Reader, size int64) io.Reader { return &pieces{io.LimitedReader{R: r, N: size}} },
}

func TestContentThatIsRefusedWhileItIsSentIsNotReadAfterwards(t *testing.T) {
	for kind, as := range kinds {
		t.Run(kind, func(t *testing.T) {
			content := &lent{Reader: bytes.NewReader(make([]byte, blockSize))}
			err := refusedEarly(t, readOn).Put(t.Context(), func() io.Reader { return as(content, blockSize) }, blockSize)
			content.back.Store(true)
			if err == nil || !strings.Contains(err.Error(), "403") {
				t.Errorf("have %v", err)
			}
			time.Sleep(100 * time.Millisecond)
			if content.late.Load() {
				t.Error("it was read afterwards")
			}
		})
	}
}

func TestAStorageThatRefusesAndReadsNoMoreIsNotWaitedFor(t *testing.T) {
	const size = 256 << 20 // more than the buffers of any connection
	for kind, as := range kinds {
		t.Run(kind, func(t *testing.T) {
			ended := make(chan struct{})
			w := refusedEarly(t, func(http.ResponseWriter, *http.Request) { <-ended })
			t.Cleanup(func() { close(ended) })
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			err := w.Put(ctx, func() io.Reader { return as(zeros{}, size) }, size)
			if err == nil || !strings.Contains(err.Error(), "403") || ctx.Err() != nil {
				t.Errorf("have %v", err)
			}
		})
	}
}
