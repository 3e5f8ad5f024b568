package localcache_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/localcache"
	"github.com/moby/buildkit/client/ociindex"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// pruneVar makes the test binary a program that deletes from a folder until it is killed.
const pruneVar = "LOCALCACHE_TEST_PRUNE"

func TestMain(m *testing.M) {
	if dir := os.Getenv(pruneVar); dir != "" {
		os.Exit(pruneOnce(dir))
	}
	os.Exit(m.Run())
}

func pruneOnce(dir string) int {
	l, err := localcache.Read(dir)
	if err == nil {
		fmt.Println("begins")
		_, err = localcache.NewPlan(l, localcache.Policy{KeepTag: only("keep")}, soon()).Execute(context.Background())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// TestAKilledPruneLeavesAWholeCache kills a process at any time while it deletes 800 files
// and a tag. Whatever is left, index.json references only what is there, and the next prune
// leaves nothing of the rest.
func TestAKilledPruneLeavesAWholeCache(t *testing.T) {
	if testing.Short() {
		t.Skip("starts many processes")
	}
	midway, took := 0, 24*time.Hour // so that the first one ends by itself
	seed := uint64(time.Now().UnixNano())
	t.Log("seed", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for round := 0; round < 13 || midway == 0 && round < 100; round++ {
		f := newFolder(t)
		f.export("keep", "base", "kept")
		f.export("drop", "base", "dropped")
		check(t, os.MkdirAll(filepath.Join(f.dir, "blobs", "sha256"), 0o755))
		for i := range 800 {
			check(t, os.WriteFile(filepath.Join(f.dir, "blobs", "sha256", fmt.Sprintf("%064x", i)), []byte("garbage"), 0o444))
		}
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), pruneVar+"="+f.dir, "GORACE=atexit_sleep_ms=0") // the detector's second is no part of it
		stdout, err := cmd.StdoutPipe()
		check(t, err)
		check(t, cmd.Start())
		_, err = stdout.Read(make([]byte, 16))
		check(t, err)
		begun := time.Now()
		kill := time.AfterFunc(time.Duration(random.Int64N(int64(took))), func() { cmd.Process.Kill() })
		cmd.Wait()
		kill.Stop()
		if round == 0 {
			took = time.Since(begun)
		}
		f.whole()
		if n := len(f.blobs()); n > 5 && n < 800 {
			midway++
		}
		os.Remove(filepath.Join(f.dir, "index.json.lock")) // its lock has ended; the next to lock it removes it as well
		f.prune(localcache.Policy{KeepTag: only("keep")}, soon())
		if left := len(f.blobs()); left != len(f.whole()) {
			t.Fatalf("%d blobs are left", left)
		}
	}
	if midway == 0 {
		t.Error("no process was killed midway")
	}
}

// What was taken out of the cache by a process that was killed is put back if a build has
// come to reference it, and deleted otherwise.
func TestTheTrashOfAKilledPrune(t *testing.T) {
	f := newFolder(t)
	f.export("a", "one")
	taken := f.layer("two")
	gone := f.layer("three")
	for _, d := range []string{taken.Digest.Encoded(), gone.Digest.Encoded()} {
		check(t, os.MkdirAll(filepath.Join(f.dir, "ghacache-deleted/blobs/sha256"), 0o755))
		check(t, os.Rename(filepath.Join(f.dir, "blobs/sha256", d), filepath.Join(f.dir, "ghacache-deleted/blobs/sha256", d)))
	}
	f.put("b", f.manifest(true, taken))
	f.prune(grace, time.Now())
	if f.whole(); f.has(gone.Digest) {
		t.Error("it was put back")
	}
}

// TestWithBuildKitsLock has a real client of BuildKit write index.json while files are deleted.
// It fails if it meets the lock, as it does when it meets another client, and loses nothing.
func TestWithBuildKitsLock(t *testing.T) {
	f := newFolder(t)
	manifests := []ocispecs.Descriptor{f.manifest(true, f.layer("one")), f.manifest(true, f.layer("two"))}
	f.put("one", manifests[0])
	f.put("two", manifests[1])
	ctx, stop := context.WithCancel(t.Context())
	var wait sync.WaitGroup
	var puts, refused int
	wait.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			time.Sleep(time.Millisecond)
			err := ociindex.NewStoreIndex(f.dir).Put(manifests[i%2], ociindex.Tag("latest"))
			switch {
			case err == nil:
				puts++
			case strings.Contains(err.Error(), "could not lock"):
				refused++
			default:
				t.Error(err)
			}
		}
	})
	const rounds = 200
	deleted := 0
	for round := range rounds {
		f.now = time.Now().Add(-2 * localcache.DefaultGrace)
		for i := range 5 {
			f.layer(fmt.Sprint("garbage ", round, i))
		}
		result, err := localcache.NewPlan(f.read(), grace, time.Now()).Execute(t.Context())
		check(t, err)
		deleted += result.Deleted.Count
	}
	stop()
	wait.Wait()
	f.whole()
	t.Logf("%d writes, %d refused", puts, refused)
	if puts == 0 || deleted < rounds*5 {
		t.Errorf("%d writes, %d files deleted", puts, deleted)
	}
}
