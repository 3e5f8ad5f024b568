package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const bakeFile = `
group "default" { targets = ["one", "two", "three"] }
target "base" {
  context    = "."
  cache-from = ["type=gha"]
  cache-to   = ["type=gha,mode=max"]
}
target "one" {
  inherits = ["base"]
  args     = { NAME = "one" }
}
target "two" {
  inherits = ["base"]
  args     = { NAME = "two" }
}
target "three" {
  inherits = ["base"]
  args     = { NAME = "three" }
}
`

func bakeImage(t *testing.T, steps ...string) string {
	t.Helper()
	// Targets that have steps in common may miss their own cache: BuildKit looks
	// such a step up in one target's cache only.
	dir := image(t, append(steps, `RUN ["example", "write", "/data", "100000"]`)...)
	check(t, os.WriteFile(filepath.Join(dir, "docker-bake.hcl"), []byte(bakeFile), 0o600))
	return dir
}

func TestBakeAScopeForEveryTarget(t *testing.T) {
	u := newUser(t, shared.remote)
	u.enter(serve(t))
	u.dir = bakeImage(t)
	u.run("ghacache", "bake", "--gha-scope-per-target")
	u.forget()
	wantCached(t, u.run("ghacache", "bake", "--gha-scope-per-target").stderr)
	for _, target := range []string{"one", "two", "three"} {
		u.forget()
		wantCached(t, u.run(build(".", "--build-arg", "NAME="+target, "--cache-from", "type=gha,scope="+target)...).stderr)
	}
}

func TestBakeOneScopeForAllTargets(t *testing.T) {
	u := newUser(t, shared.remote)
	u.enter(serve(t))
	u.dir = bakeImage(t)
	r := u.run("ghacache", "bake")
	wantText(t, r.stderr, `::warning::targets "one", "three" and "two" write scope "buildkit"`, "--gha-scope-per-target")
}

// TestBakeOverridesGHAEntriesOnly asks buildx what it makes of our command line.
func TestBakeOverridesGHAEntriesOnly(t *testing.T) {
	u := newUser(t, shared.remote)
	u.enter(serve(t))
	u.dir = bakeImage(t)
	words := []string{"--set", "t*.cache-from+=user/app", "--set", "one.cache-to=type=inline", "--set", "one.cache-from=user/one"}
	type list []map[string]string
	lists := func(words ...string) (targets struct {
		Target map[string]struct {
			To   list `json:"cache-to"`
			From list `json:"cache-from"`
		}
	}) {
		check(t, json.Unmarshal([]byte(u.run(append([]string{"buildx", "bake", "--print"}, words...)...).stdout), &targets))
		return targets
	}
	var dry struct{ Args []string }
	check(t, json.Unmarshal([]byte(u.run(append([]string{"ghacache", "bake", "--gha-dry-run=json"}, words...)...).stdout), &dry))
	ours := dry.Args[slices.Index(dry.Args, "bake")+1:]
	for _, kept := range words[2:] {
		if !slices.Contains(ours, kept) {
			t.Errorf("%s is gone from %q", kept, ours)
		}
	}
	want, got := lists(words...), lists(ours...)
	for name, target := range want.Target {
		for _, l := range []list{target.To, target.From} {
			for _, entry := range l {
				if entry["type"] == "gha" {
					entry["url_v2"], entry["version"] = u.env["ACTIONS_RESULTS_URL"], "2"
				}
			}
		}
		if diff := cmp.Diff(target, got.Target[name]); diff != "" {
			t.Errorf("%s (-user's +ours):\n%s", name, diff)
		}
	}
}

func TestBakeOverrides(t *testing.T) {
	u := newUser(t, shared.remote)
	u.enter(serve(t))
	u.dir = bakeImage(t)
	words := []string{"ghacache", "bake", "two", "--set", "*.cache-to=type=gha,mode=max,scope=set", "--set", "two.cache-from=type=gha,scope=set"}
	u.run(words...)
	u.forget()
	wantCached(t, u.run(words...).stderr)
	u.forget()
	wantCached(t, u.run(build(".", "--build-arg", "NAME=two", "--cache-from", "type=gha,scope=set")...).stderr)
}

func TestBakeFailsAsBuildxDoes(t *testing.T) {
	u := newUser(t, shared.remote)
	u.enter(serve(t))
	u.dir = bakeImage(t)
	for name, words := range map[string][]string{
		"an unknown target":  {"bake", "four"},
		"a missing file":     {"bake", "-f", "nowhere.hcl"},
		"a failing override": {"bake", "two", "--set", "two.dockerfile=nowhere"},
	} {
		t.Run(name, func(t *testing.T) {
			want := u.try(append([]string{"buildx"}, words...)...)
			got := u.try(append([]string{"ghacache"}, words...)...)
			if want.code == 0 || got.code != want.code {
				t.Errorf("exit %d, buildx has %d", got.code, want.code)
			}
		})
	}
}
