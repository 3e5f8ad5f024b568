package e2e

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestInstallScript runs hack/install.sh for a user whose home is empty.
func TestInstallScript(t *testing.T) {
	if shared.tools != nil {
		missing(t, shared.tools)
	}
	for name, c := range map[string]struct {
		version string
		spoil   func(dir string) error
		want    string
		fails   bool
	}{
		"the latest release":        {"", nil, "installed ", false},
		"a release":                 {"v1.2.3", nil, "installed ", false},
		"a release that is missing": {"v9.9.9", nil, "error: downloading ", true},
		"a program that was changed": {"", func(dir string) error {
			return os.WriteFile(filepath.Join(dir, asset), []byte("#!/bin/sh\necho mine\n"), 0o600)
		}, "and checksums.txt has", true},
		"a program without a checksum": {"", func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "checksums.txt"), nil, 0o600)
		}, "does not list " + asset, true},
	} {
		t.Run(name, func(t *testing.T) {
			url, dir := published(t)
			if c.spoil != nil {
				check(t, c.spoil(dir))
			}
			home := t.TempDir()
			cmd := exec.CommandContext(t.Context(), "sh", filepath.Join(shared.root, "hack/install.sh"))
			cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "VERSION=" + c.version, "GHACACHE_RELEASES=" + url}
			out, err := cmd.CombinedOutput()
			wantText(t, string(out), c.want)
			if (err != nil) != c.fails {
				t.Errorf("%v\n%s", err, out)
			}
			left, err := os.ReadDir(filepath.Join(home, ".docker/cli-plugins"))
			check(t, err)
			var names []string
			for _, e := range left {
				names = append(names, e.Name())
			}
			want := "docker-ghacache"
			if c.fails {
				want = ""
			}
			if got := strings.Join(names, " "); got != want {
				t.Errorf("docker's folder has %q, want %q", got, want)
			}
		})
	}
}

// releaseOf is a folder of a release with what the images have.
func releaseOf(t *testing.T) string {
	t.Helper()
	dist := t.TempDir()
	program, err := os.ReadFile(shared.bin("docker-ghacache"))
	check(t, err)
	check(t, os.WriteFile(filepath.Join(dist, asset), program, 0o755))
	check(t, os.WriteFile(filepath.Join(dist, "LICENSES.txt"), []byte("terms"), 0o600))
	return dist
}

// The images of a release are built by the plugin from the folder of the release.
func TestImagesOfARelease(t *testing.T) {
	u := newUser(t, shared.container)
	u.enter(serve(t))
	dist := releaseOf(t)
	images := map[string]string{}
	for _, target := range []string{"plugin", "serve"} {
		name := "localhost/ghacache-e2e-" + target + ":" + strings.ToLower(filepath.Base(dist)) + filepath.Base(shared.dir)
		images[target] = name
		u.run(build(dist, append(toAndFrom(target), "--file", filepath.Join(shared.root, "hack/release/Dockerfile"), "--target", target, "--load", "-t", name)...)...)
		t.Cleanup(func() { u.try("image", "rm", "--force", name) })
	}
	wantText(t, u.run("run", "--rm", "--network", "none", images["plugin"], "version").stdout, "docker-ghacache ")
	address := silentAddress(t)
	id := strings.TrimSpace(u.run("run", "--detach", "--network", "host", images["serve"], "serve", "--listen", address, "--dir", "/cache").stdout)
	t.Cleanup(func() { u.try("rm", "--force", "--volumes", id) })
	answers := func() bool {
		resp, err := http.Get("http://" + address + "/healthz")
		return err == nil && resp.Body.Close() == nil && resp.StatusCode == http.StatusOK
	}
	if !within(20*time.Second, answers) {
		t.Errorf("the service does not answer:\n%s", u.try("logs", id))
	}
}
