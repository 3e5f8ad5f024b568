package e2e

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// changing is an image of which one layer stays and one changes with each build.
func changing(t *testing.T) (dir string, change func(build int)) {
	t.Helper()
	dir = image(t, `COPY change /change`)
	change = func(build int) {
		content := make([]byte, 100_000)
		_, err := rand.NewChaCha8(sha256.Sum256([]byte(fmt.Sprint(dir, build)))).Read(content) // does not compress
		check(t, err)
		check(t, os.WriteFile(filepath.Join(dir, "change"), content, 0o600))
	}
	change(0)
	return dir, change
}

// used is what the repository's caches take, in bytes.
func (u *user) used() (bytes int64, entries int) {
	u.t.Helper()
	var du struct {
		Bytes   int64
		Entries int
	}
	check(u.t, json.Unmarshal([]byte(u.run("ghacache", "du", "--format", "json").stdout), &du))
	return du.Bytes, du.Entries
}

func TestWhatABuildUnderWayMayHaveFoundStays(t *testing.T) {
	u := newUser(t, shared.remote)
	s := serve(t)
	u.enter(s)
	u.dir = t.TempDir()
	slow := image(t, `RUN ["example", "sleep", "10m"]`)
	waiting := u.command(t.Context(), build(slow, "--cache-to", "type=gha,mode=max,scope=slow")...)
	check(t, waiting.Start())
	lock := filepath.Join(u.env["DOCKER_CONFIG"], "ghacache", "builds")
	if !within(10*time.Second, func() bool { files, err := os.ReadDir(lock); return err == nil && len(files) > 0 }) {
		t.Fatal("the build does not say that it is under way")
	}
	dir, change := changing(t)
	layers := func() int { _, entries := u.used(); return entries - u.indexes("app") }
	before := layers()
	for n := range 4 {
		change(n)
		u.run(build(dir, append(toAndFrom("app"), "--gha-clean")...)...)
		if now := layers(); now <= before {
			t.Errorf("build %d: %d layers are left, %d were there before", n, now, before)
		} else {
			before = now
		}
	}
	check(t, waiting.Process.Kill())
	_ = waiting.Wait() // it was killed
}

func TestBuildsThatCleanUpStaySmall(t *testing.T) {
	u := newUser(t, shared.remote)
	u.enter(serve(t))
	dir, change := changing(t)
	u.run(build(dir, append(toAndFrom("other"), "--gha-clean")...)...)
	other, _ := u.used()
	u.run(build(dir, append(toAndFrom("app"), "--gha-clean")...)...)
	version, _ := u.used()
	version -= other / 2 // the scopes share layers
	for n := range 15 {
		change(n + 1)
		r := u.run(build(dir, append(toAndFrom("app"), "--gha-clean", "--gha-summary")...)...)
		if n > 1 {
			wantText(t, r.stderr, "cache: wrote 1 layer (", " that this build superseded; the repository has ")
		}
	}
	if got, entries := u.used(); got > 3*version || entries > 12 {
		t.Errorf("%d bytes in %d entries, of which one version takes %d", got, entries, version)
	}
	u.forget()
	wantCached(t, u.run(build(dir, "--cache-from", "type=gha,scope=app")...).stderr)
	if r := u.run("ghacache", "inspect", "app"); strings.Contains(r.stdout, "missing") {
		t.Error(r)
	}
	change(0)
	u.forget()
	wantCached(t, u.run(build(dir, "--cache-from", "type=gha,scope=other")...).stderr)
}

func TestABuildThatMayNotCleanUpSucceeds(t *testing.T) {
	u := newUser(t, shared.remote)
	s := serve(t)
	u.enter(s)
	dir, change := changing(t)
	for n := range 3 {
		change(n)
		u.run(build(dir, toAndFrom("app")...)...)
	}
	before, token := u.indexes("app"), u.env["GITHUB_TOKEN"]
	u.set("GITHUB_TOKEN", s.token(t, "--rest", "--read-only"))
	change(3)
	r := u.run(build(dir, append(toAndFrom("app"), "--gha-clean")...)...)
	wantText(t, r.stderr, "::warning::--gha-clean did not delete all that this build superseded: ", "403", "actions: write")
	u.set("GITHUB_TOKEN", "nonsense")
	r = u.run(build(dir, append(toAndFrom("app"), "--gha-clean")...)...)
	wantText(t, r.stderr, "::warning::the build succeeded; ", "401", "hint: ")
	u.set("GITHUB_TOKEN", "")
	r = u.run(build(dir, append(toAndFrom("app"), "--gha-clean")...)...)
	wantText(t, r.stderr, "::warning::the build succeeded; ", "no token for ")
	u.set("GITHUB_TOKEN", token)
	if after := u.indexes("app"); after < before {
		t.Errorf("%d indexes are left of %d", after, before)
	}
}

func TestTheSummaryOfAJobTellsWhatABuildWrote(t *testing.T) {
	u := newUser(t, shared.remote)
	u.enter(serve(t))
	summary := filepath.Join(t.TempDir(), "summary.md")
	u.set("GITHUB_STEP_SUMMARY", summary)
	dir, change := changing(t)
	u.run(build(dir, append(toAndFrom("app"), "--gha-summary=false")...)...)
	if _, err := os.Stat(summary); err == nil {
		t.Error("there is a summary that nobody wanted")
	}
	change(1)
	u.run(build(dir, toAndFrom("app")...)...)
	got, err := os.ReadFile(summary)
	check(t, err)
	wantText(t, string(got), "### Exported build cache", "| app | 1 layer (97.8", "| 2 layers (", "of 10GiB (0%) in ", "| refs/heads/main |", "█")
	for _, silent := range [][]string{{"--progress=rawjson"}, {"-q"}} {
		before := string(got)
		r := u.run(build(dir, append(toAndFrom("app"), silent...)...)...)
		if strings.Contains(r.stderr, "cache: wrote") {
			t.Errorf("%s: %s", silent, r.stderr)
		}
		got, err = os.ReadFile(summary)
		check(t, err)
		if string(got) == before {
			t.Errorf("%s: nothing was added to the summary", silent)
		}
	}
	u.set("GITHUB_TOKEN", "") // a run step has none unless the workflow passes it on
	if r := u.run(build(dir, toAndFrom("app")...)...); r.code != 0 {
		t.Error(r)
	}
	after, err := os.ReadFile(summary)
	check(t, err)
	if string(after) != string(got) {
		t.Errorf("added %q", after[len(got):])
	}
}
