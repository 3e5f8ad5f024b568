package relay

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	actionscache "github.com/tonistiigi/go-actions-cache"
)

// TestProcess is a relay in a process of its own, for other tests.
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

// process is a relay in a process of its own.
type process struct {
	url, token string
	cmd        *exec.Cmd
	stdin      io.Closer
	lines      *bufio.Scanner
	kill       func()
}

func startProcess(t *testing.T, u upstream, env ...string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(os.Args[0], "-test.run=^TestProcess$", "-test.v")}
	p.cmd.Env = append(append(os.Environ(), "RELAY_TEST_UPSTREAM="+u.url, "RELAY_TEST_TOKEN="+u.token(t)), env...)
	p.cmd.Stderr = t.Output()
	var err error
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p.kill = sync.OnceFunc(func() {
		_ = p.cmd.Process.Kill() // it may have ended
		_ = p.cmd.Wait()
	})
	t.Cleanup(p.kill)
	p.lines = bufio.NewScanner(stdout)
	words := p.next(t, "relay")
	p.url, p.token = words[1], words[2]
	return p
}

// client is BuildKit's client of it.
func (p *process) client(t *testing.T) *actionscache.Cache { return newClient(t, p.url, p.token) }

// next is the words of the next line that begins with one.
func (p *process) next(t *testing.T, first string) []string {
	t.Helper()
	for p.lines.Scan() {
		if words := strings.Fields(p.lines.Text()); len(words) > 1 && words[0] == first {
			return words
		}
	}
	t.Fatalf("the relay does not say %q", first)
	return nil
}

// end ends it in its own way, and returns the kilobytes of memory that it took at most.
func (p *process) end(t *testing.T) (peak int64) {
	t.Helper()
	_ = p.stdin.Close()
	if _, err := fmt.Sscan(p.next(t, "peak")[1], &peak); err != nil {
		t.Fatal(err)
	}
	for p.lines.Scan() {
	}
	if err := p.cmd.Wait(); err != nil {
		t.Error(err)
	}
	return peak
}
