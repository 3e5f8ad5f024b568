//go:build unix

package builders_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/docker/cli/cli-plugins/manager"
	"github.com/docker/cli/cli/config"
	"github.com/spf13/cobra"

	"github.com/docker-ghacache/docker-ghacache/internal/builders"
)

// script writes a plugin of a version, which also counts its runs.
func script(t *testing.T, path, version string) (runs func() int) {
	t.Helper()
	check(t, os.MkdirAll(filepath.Dir(path), 0o755))
	body := "#!/bin/sh\necho run >>" + path + ".runs\n" + `echo '{"SchemaVersion":"0.1.0","Vendor":"v","Version":"` + version + `"}'` + "\n"
	check(t, os.WriteFile(path+".new", []byte(body), 0o755))
	check(t, os.Rename(path+".new", path))
	return func() int {
		data, err := os.ReadFile(path + ".runs")
		if err != nil {
			return 0
		}
		return strings.Count(string(data), "run")
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestFindBuildxRemembersTheVersionOfAFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "docker-buildx")
	found := func(want string) {
		t.Helper()
		if got, err := builders.FindBuildx(plugins(dir)); err != nil || got != (builders.Buildx{Path: path, Version: want}) {
			t.Errorf("got %+v, %v, want %s", got, err, want)
		}
	}
	runs := script(t, path, "v0.30.0")
	found("v0.30.0")
	found("v0.30.0")
	if n := runs(); n != 1 {
		t.Errorf("asked %d times", n)
	}
	script(t, path, "v0.31.0") // the same size: the time tells
	check(t, os.Chtimes(path, time.Time{}, time.Now().Add(time.Second)))
	found("v0.31.0")

	memory := filepath.Join(config.Dir(), "ghacache", "known.json")
	for name, damage := range map[string]func() error{
		"cut short": func() error { return os.WriteFile(memory, []byte(`{"buildx`), 0o600) },
		"gone":      func() error { return os.RemoveAll(filepath.Dir(memory)) },
		"in the way of a folder": func() error {
			return os.WriteFile(filepath.Dir(memory), nil, 0o600)
		},
	} {
		t.Run("a memory that is "+name, func(t *testing.T) {
			check(t, os.RemoveAll(filepath.Dir(memory)))
			check(t, os.MkdirAll(filepath.Dir(memory), 0o700))
			if name == "in the way of a folder" {
				check(t, os.RemoveAll(filepath.Dir(memory)))
			}
			check(t, damage())
			t.Cleanup(func() { os.RemoveAll(filepath.Dir(memory)) })
			found("v0.31.0")
		})
	}
}

func TestWhatIsKnownIsBounded(t *testing.T) {
	const most = 100
	memory := filepath.Join(config.Dir(), "ghacache", "known.json")
	type fact struct {
		Key    string `json:"key"`
		Answer string `json:"answer"`
	}
	var facts []fact
	for i := range most {
		facts = append(facts, fact{fmt.Sprint("old ", i), "x"})
	}
	data, err := json.Marshal(facts)
	check(t, err)
	check(t, os.MkdirAll(filepath.Dir(memory), 0o700))
	check(t, os.WriteFile(memory, data, 0o600))
	t.Cleanup(func() { os.RemoveAll(filepath.Dir(memory)) })

	dir := t.TempDir()
	script(t, filepath.Join(dir, "docker-buildx"), "v0.30.0")
	_, err = builders.FindBuildx(plugins(dir))
	check(t, err)
	data, err = os.ReadFile(memory)
	check(t, err)
	facts = nil
	check(t, json.Unmarshal(data, &facts))
	if len(facts) != most || facts[0].Key != "old 1" || facts[most-2].Key != "old 99" || facts[most-1].Answer != "v0.30.0" {
		t.Errorf("%d facts, from %+v to %+v", len(facts), facts[0], facts[len(facts)-1])
	}
}

// The folders are docker's, in docker's order: where ours is another plugin than
// docker's, a build would run another buildx than docker does.
func TestFindBuildxTakesDockersChoice(t *testing.T) {
	for name, lay := range map[string]func(t *testing.T, extra, own string){
		"the extra folder before the user's": func(t *testing.T, extra, own string) {
			script(t, extra, "v1.0.0")
			script(t, own, "v2.0.0")
		},
		"the user's where the extra one has none": func(t *testing.T, _, own string) { script(t, own, "v2.0.0") },
		"no broken link": func(t *testing.T, extra, own string) {
			check(t, os.Symlink("/nonexistent", extra))
			script(t, own, "v2.0.0")
		},
		"no folder": func(t *testing.T, extra, own string) {
			check(t, os.Mkdir(extra, 0o755))
			script(t, own, "v2.0.0")
		},
		"a link to a plugin": func(t *testing.T, extra, _ string) {
			elsewhere := filepath.Join(t.TempDir(), "buildx-1")
			script(t, elsewhere, "v3.0.0")
			check(t, os.Symlink(elsewhere, extra))
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			own := filepath.Join(config.Dir(), "cli-plugins", "docker-buildx")
			check(t, os.MkdirAll(filepath.Dir(own), 0o755))
			t.Cleanup(func() { os.RemoveAll(filepath.Dir(own)) })
			lay(t, filepath.Join(dir, "docker-buildx"), own)
			want, err := manager.GetPlugin("buildx", plugins(dir), &cobra.Command{})
			check(t, err)
			for range 2 { // asked, and remembered
				got, err := builders.FindBuildx(plugins(dir))
				if err != nil || got.Path != want.Path || got.Version != want.Version {
					t.Errorf("got %+v, %v, docker takes %s %s", got, err, want.Path, want.Version)
				}
			}
		})
	}
}
