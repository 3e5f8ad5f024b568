package e2e

import (
	"bytes"
	"context"
	"crypto/rand"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// worker builds one image again and again, with some of it changed, in a scope of its own.
type worker struct {
	*user
	scope string
	dir   string
	vars  func() map[string]string
	soak  *soak

	mu      sync.Mutex
	running *os.Process

	output                 string // of the last build
	builds, failures, hits int
}

// soakPatience is how long a build may take, however many faults it meets. azblob waits for 10 seconds before it tries again.
const soakPatience = 3 * time.Minute

func newWorker(s *soak, scope string, vars func() map[string]string) *worker {
	w := &worker{user: newUser(s.t, func() (string, error) { return soakBuilder, nil }), scope: scope, dir: s.t.TempDir(), vars: vars, soak: s}
	name, value, _ := strings.Cut(s.mark, "=")
	w.set(name, value)
	w.set("GITHUB_ACTIONS", "true")
	w.docker = shared.bin("docker-ghacache") // itself, so that it is known which process to kill
	dockerfile := `FROM scratch
ENV PATH=/
COPY example /
COPY base /base
RUN ["example", "copy", "/base", "/copy"]
COPY seed /seed
RUN ["example", "copy", "/seed", "/copied"]
`
	check(s.t, os.WriteFile(filepath.Join(w.dir, "Dockerfile"), []byte(dockerfile), 0o600))
	check(s.t, os.Link(filepath.Join(shared.dir, "example"), filepath.Join(w.dir, "example")))
	w.change("base", 3<<20)
	return w
}

// change writes other content, so that no layer has the digest of one that an earlier build may have left half-way.
func (w *worker) change(name string, size int) {
	data := make([]byte, size)
	_, _ = rand.Read(data)
	check(w.t, os.WriteFile(filepath.Join(w.dir, name), data, 0o600))
}

// build reports whether a build on an empty builder succeeded. It may fail, but it must end.
func (w *worker) build(ctx context.Context) bool {
	w.change("seed", 200<<10)
	maps.Copy(w.env, w.vars())
	w.prune(ctx)
	ctx, cancel := context.WithTimeout(ctx, soakPatience)
	defer cancel()
	words := append(toAndFrom(w.scope), "--progress", "plain", "--output", "type=cacheonly", w.dir)
	cmd := w.command(ctx, append([]string{"build"}, words...)...)
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		w.t.Error(err)
		return false
	}
	w.setRunning(cmd.Process)
	err := cmd.Wait()
	w.setRunning(nil)
	w.output = output.String()
	if ctx.Err() != nil {
		w.t.Errorf("%s: a build does not end:\n%s", w.scope, w.output)
	}
	w.builds++
	w.hits += len(cachedLine.FindAllString(w.output, -1))
	if err != nil {
		w.failures++
		w.change("base", 3<<20)
		return false
	}
	if w.builds%5 == 0 {
		w.change("base", 3<<20)
	}
	return true
}

// prune empties the builder, if it answers.
func (w *worker) prune(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	docker := w.docker
	w.docker = shared.bin("docker-buildx")
	defer func() { w.docker = docker }()
	_ = w.command(ctx, "prune", "--all", "--force").Run()
}

func (w *worker) setRunning(p *os.Process) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.running = p
}

// kill kills the plugin amid a build. Its buildx goes on without the relay.
func (w *worker) kill() bool {
	return within(10*time.Second, func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.running != nil && w.running.Kill() == nil
	})
}
