//go:build unix

package builders_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/docker/buildx/store/storeutil"

	"github.com/docker-ghacache/docker-ghacache/internal/builders"
)

func TestAllAsksEveryNodeOfEveryBuilder(t *testing.T) {
	cli := newCLI(t)
	save(t, cli, "one", "remote", (&buildkit{version: "v0.12.0"}).serve(t))
	save(t, cli, "two", "remote", (&buildkit{version: "v0.19.0"}).serve(t), (&buildkit{version: "v0.33.1"}).serve(t))
	save(t, cli, "stopped", "docker-container", serveEngine(t, "exited"))
	all, err := builders.All(t.Context(), cli)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, b := range all {
		for _, n := range b.Nodes {
			got[b.Name] += n.BuildKit + " "
			if (n.Err != nil) != (b.Name == "default") {
				t.Errorf("node %s: %v", n.Name, n.Err)
			}
		}
	}
	want := map[string]string{"one": "v0.12.0 ", "two": "v0.19.0 v0.33.1 ", "stopped": " ", "default": " "}
	for name := range want {
		if got[name] != want[name] {
			t.Errorf("builder %s: got %q, want %q", name, got[name], want[name])
		}
	}
	if len(got) != len(want) {
		t.Errorf("got %q", got)
	}
}

func TestAllAsksWithoutTheLockAndAllAtOnce(t *testing.T) {
	cli := newCLI(t)
	met := make(chan struct{})
	for _, name := range []string{"one", "two"} {
		save(t, cli, name, "remote", (&buildkit{version: "v0.33.1", asked: func() {
			_, release, err := storeutil.GetStore(cli)
			if err != nil {
				t.Error(err)
				return
			}
			release()
			select {
			case met <- struct{}{}:
			case <-met:
			case <-time.After(10 * time.Second):
				t.Error("the other builder is not asked")
			}
		}}).serve(t))
	}
	if _, err := builders.All(t.Context(), cli); err != nil {
		t.Fatal(err)
	}
}

func TestExamineReportsWhatItCannotAsk(t *testing.T) {
	cli := newCLI(t)
	save(t, cli, "b", "remote", (&buildkit{version: "v0.33.1"}).serve(t), "unix:///nonexistent")
	b, err := builders.Examine(t.Context(), cli, "b")
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"asking for its capabilities: ", "nonexistent"} {
		if n := b.Nodes[i]; n.GHA != nil || n.Err == nil || !strings.Contains(n.Err.Error(), want) {
			t.Errorf("got %+v", n)
		}
	}
}

func TestComposeVersion(t *testing.T) {
	for name, c := range map[string]struct{ metadata, want, err string }{
		"none is installed": {"", "", ""},
		"one is":            {`{"SchemaVersion":"0.1.0","Vendor":"Docker Inc.","Version":"v2.27.0"}`, "v2.27.0", ""},
		"it is broken":      {`{}`, "", "looking for compose: "},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if c.metadata != "" {
				if err := os.Symlink(os.Args[0], filepath.Join(dir, "docker-compose")); err != nil {
					t.Fatal(err)
				}
				t.Setenv(roleVar, "plugin")
				t.Setenv("BUILDERS_TEST_METADATA", c.metadata)
			}
			got, err := builders.ComposeVersion(plugins(dir))
			if c.metadata == "" && got != "" {
				t.Skip("the machine has Compose " + got)
			}
			if got != c.want || (err == nil) != (c.err == "") || err != nil && !strings.HasPrefix(err.Error(), c.err) {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}
