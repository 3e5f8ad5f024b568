package cacheserver

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/store"
	actionscache "github.com/tonistiigi/go-actions-cache"
)

// crashDir tells a child of TestKilledServiceKeepsFinishedEntries what to serve.
const crashDir = "GHACACHE_TEST_CRASH_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashDir); dir != "" {
		serveUntilKilled(dir)
	}
	os.Exit(m.Run())
}

// serveUntilKilled prints its address and a token.
func serveUntilKilled(dir string) {
	s, err := Open(Options{Dir: dir, Log: os.Stderr})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	listener, err := listen()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	token, err := s.RuntimeToken([]RefAccess{{Ref: mainRef, Write: true}}, time.Hour)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Printf("http://%s %s\n", listener.Addr(), token)
	http.Serve(listener, s)
}

// A process that serves is killed at random moments while several clients upload through both protocols. What a client was
// told is finished must be there afterwards, byte for byte, and nothing else but what had reached its last step.
func TestKilledServiceKeepsFinishedEntries(t *testing.T) {
	const kills = 12
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	dir := t.TempDir()
	var finished sync.Map // set of keys
	count := 0
	for round := range kills {
		kill, url, token := startChild(t, dir)
		ctx, cancel := context.WithCancel(t.Context())
		var clients sync.WaitGroup
		first := make(chan string, 1)
		for client := range 6 {
			clients.Go(func() {
				for i := 0; ctx.Err() == nil; i++ {
					key := fmt.Sprintf("%d-%d-%d", round, client, i)
					size := 1 + i*1299709%(64<<10)
					if i%8 == 0 {
						size += 2 << 20 // several blocks
					}
					if saveTo(ctx, url, token, client%2 == 0, key, size) == nil {
						finished.Store(key, true)
						select {
						case first <- key:
						default:
						}
					}
				}
			})
		}
		if round%3 == 0 { // however slow the machine is, some entries are finished
			select {
			case <-first:
			case <-time.After(time.Minute):
			}
		}
		time.Sleep(time.Duration(50+random.IntN(250)) * time.Millisecond)
		kill()
		cancel()
		clients.Wait()
		count = verifyEntries(t, dir, &finished)
	}
	if count == 0 {
		t.Error("no entry was finished between the kills")
	}
	t.Logf("%d entries after %d kills", count, kills)
}

func startChild(t *testing.T, dir string) (kill func(), url, token string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), crashDir+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill = sync.OnceFunc(func() { cmd.Process.Kill(); cmd.Wait() })
	t.Cleanup(kill)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("starting the service: %v", err)
	}
	url, token, _ = strings.Cut(strings.TrimSpace(line), " ")
	return kill, url, token
}

func saveTo(ctx context.Context, url, token string, v2 bool, key string, size int) error {
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	c, err := actionscache.New(token, url, v2, actionscache.Opt{Client: &http.Client{Transport: transport}})
	if err != nil {
		return err
	}
	return c.Save(ctx, key, blobOf(size))
}

// verifyEntries opens what the killed process has left, and leaves it as it is.
func verifyEntries(t *testing.T, dir string, finished *sync.Map) (count int) {
	t.Helper()
	s, err := Open(Options{Dir: dir, Log: os.Stderr})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	found := map[string]bool{}
	for _, e := range s.entries.List(store.Query{}) {
		found[e.Key] = true
		_, content, err := s.entries.Open(e.ID)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(content)
		if err := errors.Join(err, content.Close()); err != nil {
			t.Fatal(err)
		}
		if string(got) != string(randomBytes(int(e.Size))) {
			t.Errorf("entry %s is not what was uploaded", e.Key)
		}
	}
	finished.Range(func(key, _ any) bool {
		if !found[key.(string)] {
			t.Errorf("finished entry %s is gone", key)
		}
		return true
	})
	if left, err := filepath.Glob(filepath.Join(dir, "uploads", "*")); err != nil || len(left) > 0 {
		t.Errorf("unfinished uploads are left: %q, %v", left, err)
	}
	return len(found)
}
