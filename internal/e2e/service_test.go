package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// service is a `docker-ghacache serve` process.
type service struct {
	dir string
	env map[string]string // what it sets for a job
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
	t.Cleanup(func() {
		if err := stop(cmd); err != nil {
			t.Errorf("serve: %v\n%s", err, log.String())
		}
	})
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

// token makes another token for the running service.
func (s *service) token(t *testing.T, refs ...string) string {
	t.Helper()
	args := []string{"serve", "token", "--dir", s.dir}
	for _, ref := range refs {
		args = append(args, "--ref", ref)
	}
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
