package plugin

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
)

func TestMigrateDiffIsColouredOnATerminal(t *testing.T) {
	d := serve(t, cacheserver.Options{}, nil)
	file := filepath.Join(t.TempDir(), "docker-bake.json")
	check(t, os.WriteFile(file, []byte(`{"target": {"app": {"cache-to": ["type=gha,version=1"]}}}`+"\n"), 0o600))
	args := []string{"migrate-v2", "--service", "v2", "--only", "cache-version", file}
	for name, c := range map[string]struct {
		noColor  string
		coloured bool
	}{"by default": {"", true}, "unless told not to": {"1", false}} {
		t.Run(name, func(t *testing.T) {
			d.vars["NO_COLOR"] = c.noColor
			seen := d.runOn(t.Context(), wide, args)
			if seen.code != 1 || !strings.Contains(seen.stdout, `version=2`) || strings.Contains(seen.stdout, "\x1b[32m+") != c.coloured {
				t.Errorf("saw %q, exit %d", seen.stdout, seen.code)
			}
		})
	}
}

func TestRemoteHosts(t *testing.T) {
	for address, want := range map[string]string{
		"https://github.com/octo/app":             "github.com",
		"https://user:secret@github.com/octo/app": "github.com",
		"https://ghes.example:8443/octo/app.git":  "ghes.example",
		"ssh://git@ssh.github.com:443/octo/app":   "ssh.github.com",
		"git@github.com:octo/app.git":             "github.com",
		"org-1@octo.ghe.com:octo/app":             "octo.ghe.com",
		"origin":                                  "",
		"/srv/git/app.git":                        "",
		"../app":                                  "",
		"file:///srv/git/app.git":                 "",
		"git@-oProxyCommand:octo/app":             "",
		`C:\src\app`:                              "",
	} {
		got := ""
		if m := remoteRE.FindStringSubmatch(address); m != nil {
			got = m[2]
		}
		if got != want {
			t.Errorf("%s is on %q, want %q", address, got, want)
		}
	}
	config := "user git\nhostname github.com\nport 22\n"
	if got := hostBehind(config, "work"); got != "github.com" {
		t.Errorf("got %q", got)
	}
	if got := hostBehind("", "github.com"); got != "github.com" {
		t.Errorf("without ssh: got %q", got)
	}
}

func TestParseTags(t *testing.T) {
	listing := "aaaa\trefs/tags/v2\n" +
		"bbbb\trefs/tags/v2.10.0\n" +
		"aaaa\trefs/tags/v2.10.1\n" +
		"cccc\trefs/tags/v3.0.0\n" + // an annotated tag,
		"dddd\trefs/tags/v3.0.0^{}\n" // and its commit
	want := map[string]string{"aaaa": "v2.10.1", "bbbb": "v2.10.0", "cccc": "v3.0.0", "dddd": "v3.0.0"}
	if got := parseTags(listing); !maps.Equal(got, want) {
		t.Errorf("got %v", got)
	}
	if got := parseTags(""); len(got) != 0 {
		t.Errorf("of nothing: %v", got)
	}
}

func TestImageVersion(t *testing.T) {
	for image, want := range map[string]string{
		"":                                    "",
		"moby/buildkit":                       "",
		"moby/buildkit:buildx-stable-1":       "",
		"moby/buildkit:v0.12.5":               "v0.12.5",
		"moby/buildkit:v0.12.5-rootless":      "v0.12.5",
		"localhost:5000/moby/buildkit":        "",
		"localhost:5000/moby/buildkit:v0.9.0": "v0.9.0",
		"moby/buildkit:v0.12.5@sha256:0123":   "v0.12.5",
		"moby/buildkit@sha256:0123":           "",
	} {
		if got := imageVersion(image); got != want {
			t.Errorf("%q is of version %q, want %q", image, got, want)
		}
	}
}
