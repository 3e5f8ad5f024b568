package relay

import (
	"bytes"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
)

// slowly is content that takes some time to send.
type slowly struct {
	io.Reader
	ended atomic.Bool
}

// Read implements [io.Reader].
func (s *slowly) Read(p []byte) (int, error) {
	time.Sleep(time.Millisecond)
	n, err := s.Reader.Read(p)
	if err == io.EOF {
		s.ended.Store(true)
	}
	return n, err
}

// BuildKit dies of a reply to what it is still sending: azblob unmaps it, and the connection reads it.
func TestARelayThatHasEndedReadsARequestBeforeItRefusesIt(t *testing.T) {
	r := start(t, serve(t, cacheserver.Options{}))
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	const size = 1 << 20 // a block of BuildKit's
	content := &slowly{Reader: iotest.DataErrReader(bytes.NewReader(make([]byte, size)))}
	url, _ := r.Environment(r.address)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, url+"devstoreaccount1/cache/1?comp=block&blockid=MQ==", content)
	if err != nil {
		t.Fatal(err)
	}
	req.ContentLength = size
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusNotFound || !content.ended.Load() {
		t.Errorf("%s, all was sent: %t", resp.Status, content.ended.Load())
	}
}
