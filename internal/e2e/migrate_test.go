package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// pinnedBuilder is a docker-container builder of an old tag, which is the current
// one, has options, and holds the result of a build.
func pinnedBuilder(t *testing.T) (u *user, name, repository string) {
	t.Helper()
	u = newUser(t, shared.container)
	u.set("BUILDX_CONFIG", t.TempDir())
	u.set("BUILDX_BUILDER", "")
	pinned, err := shared.exec(filepath.Join(shared.root, "hack/engine"), "image")
	check(t, err)
	name = fmt.Sprintf("ghacache-pinned-%d", os.Getpid())
	repository = "localhost/" + name + "/moby/buildkit"
	u.run("tag", pinned, repository+":v0.12.5")
	t.Cleanup(func() {
		u.run("buildx", "rm", "--force", name)
		u.try("image", "rm", repository+":v0.12.5", repository+":buildx-stable-1")
	})
	u.run("buildx", "create", "--name", name, "--use", "--driver", "docker-container", "--bootstrap", "--buildkitd-flags", "--debug",
		"--driver-opt", "network=host,env.KEPT=yes,image="+repository+":v0.12.5")
	return u, name, repository
}

// container tells what the builder's container is.
func container(u *user, builder, format string) string {
	u.t.Helper()
	return strings.TrimSpace(u.run("inspect", "--format", format, "buildx_buildkit_"+builder+"0").stdout)
}

func TestUpgradeBuilder(t *testing.T) {
	u, name, repository := pinnedBuilder(t)
	u.run("tag", repository+":v0.12.5", repository+":buildx-stable-1")
	dir := image(t)
	u.run("buildx", "build", dir)
	old := container(u, name, "{{.Id}}")
	u.run("buildx", "stop", name)

	wantText(t, u.try("ghacache", "migrate-v2", "--check", t.TempDir()).stdout,
		"BuildKit of node "+name+"0: v0.12.5", "[toolchain, certain]", "docker ghacache migrate-v2 --upgrade-builder "+name)
	workflowIsFixedWhateverTheMachine(t, u)
	r := u.run("ghacache", "migrate-v2", "--upgrade-builder", name)
	wantText(t, r.stderr, "replacing the container of node "+name+"0 by one from "+repository+":buildx-stable-1", "docker buildx inspect --bootstrap "+name)
	if container(u, name, "{{.Id}}") == old {
		t.Error("the container is the old one")
	}
	wantText(t, container(u, name, "{{.Config.Image}} {{.HostConfig.NetworkMode}} {{.Config.Env}} {{.Config.Cmd}}"),
		repository+":buildx-stable-1", " host ", "KEPT=yes", "--debug")
	wantText(t, u.run("buildx", "inspect").stdout, "Name:          "+name, "running")
	wantCached(t, u.run("buildx", "build", "--progress", "plain", dir).stderr)

	wantText(t, u.run("ghacache", "migrate-v2", "--upgrade-builder", name).stderr, "new enough")
}

// workflowIsFixedWhateverTheMachine expects that a repository has nothing left to do once
// its workflow is fixed, on a machine whose builder is too old.
func workflowIsFixedWhateverTheMachine(t *testing.T, u *user) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, ".github/workflows/ci.yml")
	check(t, os.MkdirAll(filepath.Dir(file), 0o755))
	check(t, os.WriteFile(file, []byte(`on: push
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: docker/setup-buildx-action@v3
        with: { version: v0.12.1 }
      - uses: docker/build-push-action@v6
        with: { cache-to: type=gha }
`), 0o644))
	for i, step := range []struct {
		flag string
		want int
	}{{"--check", 1}, {"--write", 0}, {"--check", 0}, {"--machine", 1}} {
		if r := u.try("ghacache", "migrate-v2", "--offline", step.flag, dir); r.code != step.want {
			t.Errorf("run %d, %s: exit %d, want %d", i+1, step.flag, r.code, step.want)
		}
	}
}

func TestUpgradeBuilderThatFailsPutsBackWhatWasThere(t *testing.T) {
	u, name, repository := pinnedBuilder(t)
	dir := image(t)
	u.run("buildx", "build", dir)
	u.run("buildx", "stop", name)
	r := u.try("ghacache", "migrate-v2", "--upgrade-builder", name)
	if r.code != 2 {
		t.Errorf("exit %d, want 2", r.code)
	}
	wantText(t, r.stderr, "putting back what was there", `upgrading builder "`+name+`"`)
	wantText(t, container(u, name, "{{.Config.Image}} {{.State.Status}}"), repository+":v0.12.5 running")
	wantCached(t, u.run("buildx", "build", "--progress", "plain", dir).stderr)
}

// The pinned buildx reads what migrate-v2 wrote, and finds the same targets with
// no version 1 in their caches.
func TestBuildxReadsWhatWasFixed(t *testing.T) {
	u := newUser(t, shared.remote)
	var files []string
	for _, kind := range []string{"bake/*.hcl", "bake/*.json", "compose/*.yaml"} {
		more, err := filepath.Glob(filepath.Join(shared.root, "internal/migrate/testdata", kind))
		check(t, err)
		files = append(files, more...)
	}
	fixed := 0
	for _, file := range files {
		if slices.Contains([]string{"broken.hcl", "secrets.hcl"}, filepath.Base(file)) {
			continue // they are not for buildx on this machine as they are
		}
		src, err := os.ReadFile(file)
		check(t, err)
		name := map[string]string{".yaml": "compose.yaml"}[filepath.Ext(file)]
		if name == "" {
			name = "docker-bake" + filepath.Ext(file)
		}
		u.dir = t.TempDir()
		check(t, os.WriteFile(filepath.Join(u.dir, name), src, 0o600))
		targets := targetsOf(u, name)
		before := u.run(append([]string{"buildx", "bake", "--file", name, "--print"}, targets...)...).stdout
		u.try("ghacache", "migrate-v2", "--write", "--unsafe", "--offline", "--service", "v2", ".")
		after := u.run(append([]string{"buildx", "bake", "--file", name, "--print"}, targets...)...).stdout
		if now := targetsOf(u, name); !slices.Equal(now, targets) {
			t.Errorf("%s: had targets %q and has %q", file, targets, now)
		}
		if before != after {
			fixed++
		}
	}
	if fixed < 5 {
		t.Errorf("%d of %d files were fixed", fixed, len(files))
	}
}

func targetsOf(u *user, file string) (names []string) {
	u.t.Helper()
	var targets []struct{ Name string }
	check(u.t, json.Unmarshal([]byte(u.run("buildx", "bake", "--file", file, "--list", "type=targets,format=json").stdout), &targets))
	for _, target := range targets {
		names = append(names, target.Name)
	}
	return names
}
