//go:build unix

package builders_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/docker/cli/cli/config/configfile"

	"github.com/docker-ghacache/docker-ghacache/internal/builders"
)

// plugins is a docker configuration that names a directory of plugins.
type plugins string

func (p plugins) ConfigFile() *configfile.ConfigFile {
	return &configfile.ConfigFile{CLIPluginsExtraDirs: []string{string(p)}}
}

func TestFindBuildx(t *testing.T) {
	install := func(t *testing.T) plugins {
		dir := t.TempDir()
		if err := os.Symlink(os.Args[0], filepath.Join(dir, "docker-buildx")); err != nil {
			t.Fatal(err)
		}
		t.Setenv(roleVar, "plugin")
		return plugins(dir)
	}
	t.Run("takes docker's choice and its version", func(t *testing.T) {
		dir := install(t)
		t.Setenv("BUILDERS_TEST_METADATA", `{"SchemaVersion":"0.1.0","Vendor":"Docker Inc.","Version":"v0.21.1"}`)
		got, err := builders.FindBuildx(dir)
		want := builders.Buildx{Path: filepath.Join(string(dir), "docker-buildx"), Version: "v0.21.1"}
		if err != nil || got != want {
			t.Errorf("got %+v, %v, want %+v", got, err, want)
		}
	})
	t.Run("says what is wrong with a broken one", func(t *testing.T) {
		dir := install(t)
		t.Setenv("BUILDERS_TEST_METADATA", `not JSON`)
		_, err := builders.FindBuildx(dir)
		expectHint(t, err, "docker-buildx is not a usable plugin", "docs.docker.com/go/buildx")
	})
	t.Run("says how to install it", func(t *testing.T) {
		found, err := builders.FindBuildx(plugins(t.TempDir()))
		if err == nil {
			t.Skipf("the machine has %s", found.Path)
		}
		expectHint(t, err, "buildx is not installed", "docs.docker.com/go/buildx")
	})
}

func expectHint(t *testing.T, err error, text, hint string) {
	t.Helper()
	hinted, ok := err.(interface{ Hint() string })
	if !ok || !strings.Contains(err.Error(), text) || !strings.Contains(hinted.Hint(), hint) {
		t.Errorf("got %#v, want %q with hint %q", err, text, hint)
	}
}

func TestBuildxCommand(t *testing.T) {
	buildx := builders.Buildx{Path: "/p/docker-buildx"}
	global := []string{"--context", "x", "-D"}
	for name, c := range map[string]struct{ env, want []string }{
		"started by docker, it is docker's plugin": {
			[]string{"A=1", "DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND=/usr/bin/docker"},
			[]string{"--context", "x", "-D", "buildx", "build", "."},
		},
		"started alone, it stands alone": {[]string{"A=1"}, []string{"build", "."}},
		"an empty variable is as good as none": {
			[]string{"DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND="}, []string{"build", "."},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := buildx.Command(c.env, global, "build", ".")
			if got.Path != buildx.Path || !slices.Equal(got.Args, c.want) || !slices.Equal(got.Env, c.env) {
				t.Errorf("got %+v", got)
			}
		})
	}
}
