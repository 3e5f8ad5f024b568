package e2e

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// A builder's version is asked once while its container runs: to ask takes
// longer than all else that is done before a build.
func TestTheVersionOfABuilderIsRememberedWhileItsContainerRuns(t *testing.T) {
	u := newUser(t, shared.container)
	u.enter(serve(t))
	words := build(image(t), toAndFrom("app")...)
	u.run(words...)

	file := filepath.Join(u.env["DOCKER_CONFIG"], "ghacache", "known.json")
	data, err := os.ReadFile(file)
	check(t, err)
	const marked = "v0.99.0"
	remembered := regexp.MustCompile(`("buildkit [^"]*","answer":")v[^"]*`)
	if !remembered.Match(data) {
		t.Fatalf("no version is remembered in %s", data)
	}
	check(t, os.WriteFile(file, remembered.ReplaceAll(data, []byte("${1}"+marked)), 0o600))
	again := func() string {
		u.run(words...)
		data, err := os.ReadFile(file)
		check(t, err)
		return string(data)
	}
	if now := again(); strings.Count(now, `"buildkit `) != 1 || !strings.Contains(now, marked) {
		t.Errorf("BuildKit was asked again: %s", now)
	}
	u.run("restart", "--timeout", "1", "buildx_buildkit_"+u.env["BUILDX_BUILDER"]+"0")
	u.run("buildx", "inspect", "--bootstrap")
	if now := again(); strings.Count(now, `"buildkit `) != 2 {
		t.Errorf("BuildKit was not asked after its restart: %s", now)
	}
}

// What is written to both outputs comes in the order in which it was written,
// where both go to one file: the result of a check behind the progress that led to it.
func TestOutputsThatGoToOneFileKeepTheirOrder(t *testing.T) {
	u := newUser(t, shared.remote)
	u.enter(serve(t))
	u.dir = image(t)
	bake := `target "checked" {
  call = "check"
}
target "built" {
  cache-to = ["type=gha,mode=max,scope=app"]
}
`
	check(t, os.WriteFile(filepath.Join(u.dir, "docker-bake.hcl"), []byte(bake), 0o600))
	for range 12 {
		got := u.together("ghacache", "bake", "checked", "built")
		progress, result := strings.LastIndex(got, "\n#"), strings.Index(got, "Check complete")
		if progress < 0 || result < progress {
			t.Errorf("the result is not behind the progress:\n%s", got)
		}
	}
}

// together runs docker with both outputs in one file, and returns that.
func (u *user) together(words ...string) string {
	u.t.Helper()
	ctx, cancel := context.WithTimeout(u.t.Context(), time.Minute)
	defer cancel()
	out, err := os.Create(filepath.Join(u.t.TempDir(), "out"))
	check(u.t, err)
	defer out.Close()
	cmd := u.command(ctx, words...)
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Run(); err != nil {
		u.t.Error(err)
	}
	data, err := os.ReadFile(out.Name())
	check(u.t, err)
	return string(data)
}
