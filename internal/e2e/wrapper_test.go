package e2e

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
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
	var known []map[string]string
	check(t, json.Unmarshal(data, &known))
	for _, fact := range known {
		if strings.HasPrefix(fact["key"], "buildkit ") {
			fact["answer"] = "v0.19.0"
		}
	}
	data, err = json.Marshal(known)
	check(t, err)
	check(t, os.WriteFile(file, data, 0o600))
	r := u.try(words...)
	wantText(t, r.stderr, "BuildKit v0.19.0 of node")
	if r.code == 0 {
		t.Error("BuildKit was asked again")
	}

	u.run("restart", "--timeout", "1", "buildx_buildkit_"+u.env["BUILDX_BUILDER"]+"0")
	u.run("buildx", "inspect", "--bootstrap")
	u.run(words...)
}

// What is written to both outputs comes in the order in which it was written,
// where both go to one file.
func TestOutputsThatGoToOneFileKeepTheirOrder(t *testing.T) {
	u := newUser(t, shared.remote)
	u.enter(serve(t))
	dir := image(t)
	for range 8 {
		got := strings.TrimSpace(u.together(build(dir, append(toAndFrom("app"), "--call=outline")...)...))
		lines := strings.Split(got, "\n")
		if !strings.HasPrefix(lines[0], "info: ") || !strings.HasPrefix(lines[len(lines)-1], "NAME ") {
			t.Errorf("the note is not first, or the outline not last:\n%s", got)
		}
	}
	// --quiet has no progress, and an image's ID as its only output.
	want := u.together(append([]string{"buildx"}, build(dir, "--quiet", "--output", "type=oci,dest="+os.DevNull)[1:]...)...)
	for range 8 {
		if got := u.together(build(dir, append(toAndFrom("app"), "--quiet", "--output", "type=oci,dest="+os.DevNull)...)...); got != want || want == "" {
			t.Errorf("got %q, buildx has %q", got, want)
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
