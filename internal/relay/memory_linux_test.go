//go:build !race

// The race detector takes memory of its own.

package relay

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
)

func TestALayerOfFourGibibytesTakesBoundedMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("sends 4 GiB")
	}
	const size = int64(4 << 30)
	u := serve(t, cacheserver.Options{Latency: 20 * time.Millisecond})
	p := startProcess(t, u)
	c := p.client(t)

	key := bkcache.LayerKey("sha256:" + strings.Repeat("4", 64)).String() // nobody checks it
	if err := c.Save(t.Context(), key, zeros(size)); err != nil {
		t.Fatal(err)
	}
	for { // the relay answers before the service has it
		if e, err := u.client(t).Load(t.Context(), key); err != nil {
			t.Fatal(err)
		} else if e != nil {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	e, err := c.Load(t.Context(), key)
	if err != nil || e == nil {
		t.Fatal(e, err)
	}
	var read counter
	if err := e.WriteTo(t.Context(), &read); err != nil || int64(read) != size {
		t.Errorf("read %d of %d bytes: %v", read, size, err)
	}
	peak := p.end(t)
	used := p.cmd.ProcessState.UserTime() + p.cmd.ProcessState.SystemTime()
	t.Logf("%d MB of memory, %.2f s of CPU a gigabyte, up and down", peak/1000, used.Seconds()/(2*float64(size)/1e9))
	if peak > 200_000 {
		t.Errorf("%d kB of memory", peak)
	}
}

type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// zeros is a blob of that many zero bytes.
type zeros int64

func (z zeros) Size() int64  { return int64(z) }
func (z zeros) Close() error { return nil }

func (z zeros) ReadAt(p []byte, off int64) (int, error) {
	n := min(int64(len(p)), int64(z)-off)
	if n <= 0 {
		return 0, io.EOF
	}
	clear(p[:n])
	return int(n), nil
}
