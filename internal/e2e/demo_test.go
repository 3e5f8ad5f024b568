package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// On a machine that has the programs, make demo builds none of them but buildkit-runc, which is small. The checkout is one in which
// nothing was built.
func TestDemoUsesTheProgramsOfTheMachine(t *testing.T) {
	need(t, shared.remote) // buildkitd runs here
	checkout, programs := t.TempDir(), t.TempDir()
	check(t, exec.Command("sh", "-c", `cd "$1" && git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t "$2"`, "sh", shared.root, checkout).Run())
	check(t, os.Mkdir(filepath.Join(checkout, "bin"), 0o700))
	check(t, os.Symlink(shared.bin("docker-ghacache"), filepath.Join(checkout, "bin", "docker-ghacache")))
	for _, name := range []string{"docker", "docker-buildx", "buildkitd", "runc"} {
		check(t, os.Symlink(shared.bin(name), filepath.Join(programs, name)))
	}
	config := t.TempDir()
	old := filepath.Join(config, "cli-plugins/docker-buildx")
	check(t, os.Mkdir(filepath.Dir(old), 0o700))
	check(t, os.WriteFile(old, []byte("#!/bin/sh\necho github.com/docker/buildx v0.20.1\n"), 0o700))

	cmd := exec.CommandContext(t.Context(), filepath.Join(checkout, "hack/demo"))
	cmd.Env = append(os.Environ(), "PATH="+programs+":"+os.Getenv("PATH"), "DOCKER_HOST=unix:///nonexistent", "DOCKER_CONFIG="+config)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	log := string(out)
	wantText(t, log, "using "+programs+"/docker-buildx v0.", "using "+programs+"/buildkitd v0.", "Every step was CACHED")
	built := strings.Count(log, "from source")
	if built != 1 || !strings.Contains(log, "building bin/buildkit-runc from source") {
		t.Errorf("%d programs were built\n%s", built, log)
	}
}
