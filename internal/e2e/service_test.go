package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// service is a `docker-ghacache serve` process.
type service struct {
	dir  string
	env  map[string]string // what it sets for a job
	stop func()            // ends it before the test does
	kill func()            // ends it as a crash does
}

// serve starts a service with an empty store; it ends with the test. Without
// args its token may write to refs/heads/main.
func serve(t *testing.T, args ...string) *service {
	t.Helper()
	if len(args) == 0 {
		args = []string{"--ref", "refs/heads/main"}
	}
	s := &service{dir: t.TempDir()}
	file := filepath.Join(t.TempDir(), "env")
	cmd := exec.Command(shared.bin("docker-ghacache"), append([]string{"serve", "--listen", "127.0.0.1:0",
		"--dir", s.dir, "--repo", "octo/app", "--env-file", file}, args...)...)
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	check(t, cmd.Start())
	s.stop = sync.OnceFunc(func() {
		if err := stop(cmd); err != nil {
			t.Errorf("serve: %v\n%s", err, log.String())
		}
	})
	s.kill = func() {
		check(t, cmd.Process.Kill())
		_ = cmd.Wait() // it was killed
		s.stop = func() {}
	}
	t.Cleanup(func() { s.stop() })
	for range 100 {
		if data, err := os.ReadFile(file); err == nil {
			s.env = variables(string(data))
			return s
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("serve does not accept connections")
	return nil
}

func TestServeRunsACommandAsAJobWould(t *testing.T) {
	u := newUser(t, shared.remote)
	docker, store := u.docker, t.TempDir()
	u.docker = shared.bin("docker-ghacache")
	served := func(words ...string) []string {
		return append([]string{"serve", "--dir", store, "--"}, words...)
	}
	docked := func(words ...string) []string { return served(append([]string{docker}, words...)...) }
	dir := image(t)
	dry := u.run(docked(build(dir, "--gha-dry-run", "--cache-to", "type=gha,scope=x")...)...)
	wantMatch(t, dry.stdout, `^docker buildx build --cache-to 'type=gha,scope=x,url_v2=http://127.0.0.1:\d+/,version=2' `)
	u.run(docked(build(dir, toAndFrom("app")...)...)...)
	u.run(docked("buildx", "prune", "--all", "--force")...)
	wantCached(t, u.run(docked(build(dir, toAndFrom("app")...)...)...).stderr)
	if got := u.try(served("sh", "-c", "exit 7")...); got.code != 7 {
		t.Errorf("exit %d, the command has 7", got.code)
	}
}

// token makes another token for the running service, as the options of serve token say.
func (s *service) token(t *testing.T, options ...string) string {
	t.Helper()
	args := append([]string{"serve", "token", "--dir", s.dir}, options...)
	out, err := exec.Command(shared.bin("docker-ghacache"), args...).Output()
	check(t, err)
	return strings.TrimSpace(string(out))
}

// variables reads KEY=VALUE lines.
func variables(text string) map[string]string {
	vars := map[string]string{}
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		vars[name] = value
	}
	return vars
}
