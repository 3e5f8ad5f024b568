package relay

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
)

// TestProcess is a relay in a process of its own, for the test below.
func TestProcess(t *testing.T) {
	url := os.Getenv("RELAY_TEST_UPSTREAM")
	if url == "" {
		t.Skip("runs in a process of its own")
	}
	LimitMemory(0)
	r, err := New(Options{Upstream: Upstream{URL: url, Token: os.Getenv("RELAY_TEST_TOKEN")}, Log: os.Stderr})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = r.Serve(l) }()
	base, token := r.Environment(l.Addr().String())
	fmt.Printf("relay %s %s\n", base, token)
	_, _ = io.Copy(io.Discard, os.Stdin)
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, peak, _ := strings.Cut(string(status), "VmHWM:")
	fmt.Printf("peak %s\n", strings.Fields(peak)[0])
	if err := r.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestALayerOfFourGibibytesTakesBoundedMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("sends 4 GiB")
	}
	const size = int64(4 << 30)
	u := serve(t, cacheserver.Options{Latency: 20 * time.Millisecond})
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestProcess$", "-test.v")
	cmd.Env = append(os.Environ(), "RELAY_TEST_UPSTREAM="+u.url, "RELAY_TEST_TOKEN="+u.token(t))
	cmd.Stderr = t.Output()
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stdout)
	words := next(t, lines, "relay")
	c := newClient(t, words[1], words[2])

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
	_ = stdin.Close()
	var peak int64
	if _, err := fmt.Sscan(next(t, lines, "peak")[1], &peak); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() {
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	used := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	t.Logf("%d MB of memory, %.2f s of CPU a gigabyte, up and down", peak/1000, used.Seconds()/(2*float64(size)/1e9))
	if peak > 200_000 {
		t.Errorf("%d kB of memory", peak)
	}
}

func next(t *testing.T, lines *bufio.Scanner, first string) []string {
	t.Helper()
	for lines.Scan() {
		if words := strings.Fields(lines.Text()); len(words) > 1 && words[0] == first {
			return words
		}
	}
	t.Fatalf("the relay does not say %q", first)
	return nil
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
