//go:build unix

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// stages is an image with a stage that the last one needs, and one that it does not.
func stages(t *testing.T, more ...string) string {
	t.Helper()
	dir := image(t)
	lines := []string{
		"FROM scratch AS base", "ENV PATH=/", "COPY seed /", "COPY example /",
		"FROM base AS test", `RUN ["example", "write", "/test", "100000"]`,
		"FROM base AS compile", `RUN ["example", "write", "/data", "100000"]`,
		"FROM scratch", "COPY --from=compile /data /data",
	}
	dockerfile := strings.Join(append(lines, more...), "\n") + "\n"
	check(t, os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(dockerfile), 0o600))
	return dir
}

func TestOnlyABuildWritesTheCache(t *testing.T) {
	u := newUser(t, shared.remote)
	u.enter(serve(t))
	u.dir = stages(t)
	bake := `target "default" {
  cache-to   = ["type=gha,mode=max,scope=app"]
  cache-from = ["type=gha,scope=app"]
}
target "linted" {
  inherits = ["default"]
  call     = "check"
}
`
	check(t, os.WriteFile(filepath.Join(u.dir, "docker-bake.hcl"), []byte(bake), 0o600))
	u.run(build(".", toAndFrom("app")...)...)
	for name, words := range map[string][]string{
		"build --check":                 build(".", append(toAndFrom("app"), "--check")...),
		"build --call check":            build(".", append(toAndFrom("app"), "--call", "check")...),
		"build --call=outline":          build(".", append(toAndFrom("app"), "--call=outline")...),
		"build --call, with its format": build(".", append(toAndFrom("app"), "--call=targets,format=json")...),
		"build --print=outline":         build(".", append(toAndFrom("app"), "--print=outline")...),
		"build --gha-skip":              build(".", append(toAndFrom("app"), "--gha-skip")...),
		"bake --check":                  {"ghacache", "bake", "--check"},
		"bake --call=outline":           {"ghacache", "bake", "--call=outline"},
		"bake of a target with a call":  {"ghacache", "bake", "linted"},
		"bake --gha-skip":               {"ghacache", "bake", "--gha-skip"},
		"bake that does not print":      {"ghacache", "bake", "--print=0", "linted"},
		"bake that prints no more":      {"ghacache", "bake", "--print", "--print=false", "linted"},
		"bake that lists nothing":       {"ghacache", "bake", "--list=", "linted"},
	} {
		t.Run(name, func(t *testing.T) {
			before := u.indexes("app")
			r := u.run(words...)
			wantText(t, r.stderr, "info: ")
			if after := u.indexes("app"); after != before {
				t.Errorf("%d indexes, %d before", after, before)
			}
		})
	}
	u.forget()
	wantCached(t, u.run(build(".", "--cache-from", "type=gha,scope=app")...).stderr)
	t.Run("a call that asks for a build is one", func(t *testing.T) {
		before := u.indexes("app")
		u.run(build(".", append(toAndFrom("app"), "--check", "--call=build")...)...)
		if u.indexes("app") == before {
			t.Error("nothing was written")
		}
	})
}

func TestABuildThatDoesNotEndWellLeavesTheCache(t *testing.T) {
	for name, end := range map[string]func(*user, string){
		"a failing build": func(u *user, dir string) {
			if r := u.try(build(dir, append(toAndFrom("app"), "--target", "fails")...)...); r.code == 0 {
				u.t.Error("the build did not fail")
			}
		},
		"a cancelled build": func(u *user, _ string) {
			cancelled(u.t, u, interrupt{onPipe, signal(unix.SIGINT)}, append([]string{"ghacache", "build"}, toAndFrom("app")...)...)
		},
	} {
		t.Run(name, func(t *testing.T) {
			u := newUser(t, shared.remote)
			u.enter(serve(t))
			dir := stages(t, `FROM compile AS fails`, `RUN ["example", "exit", "7"]`, "FROM scratch", "COPY --from=compile /data /data")
			u.run(build(dir, toAndFrom("app")...)...)
			end(u, dir)
			if n := u.indexes("app"); n != 1 {
				t.Errorf("%d indexes", n)
			}
			u.forget()
			wantCached(t, u.run(build(dir, "--cache-from", "type=gha,scope=app")...).stderr)
		})
	}
}

// What mode=max writes is what the build at hand needs, cached or run.
func TestWhatAnExportKeeps(t *testing.T) {
	u := newUser(t, shared.remote)
	u.enter(serve(t))
	dir := stages(t)
	layers := func() string {
		return u.run("ghacache", "ls", "--scope", "app", "--format", "{{.Layers}}").stdout
	}
	u.run(build(dir, toAndFrom("app")...)...)
	all := layers()
	t.Run("a build that ran nothing writes all of it again", func(t *testing.T) {
		u.forget()
		wantCached(t, u.run(build(dir, toAndFrom("app")...)...).stderr)
		if got := layers(); got != all {
			t.Errorf("%s layers in place of %s", got, all)
		}
	})
	t.Run("a build of another target writes its own, and says so", func(t *testing.T) {
		u.forget()
		r := u.run(build(dir, append(toAndFrom("app"), "--target", "test")...)...)
		wantText(t, r.stderr, `scope "app"`, "--target test", "hint: scope=app-test")
		u.forget()
		if steps := uncached(t, u.run(build(dir, "--cache-from", "type=gha,scope=app")...).stderr); fmt.Sprint(steps) == "[]" {
			t.Error("the steps of the other target are still found: drop the note")
		}
	})
	t.Run("scopes of their own keep both", func(t *testing.T) {
		u.run(build(dir, toAndFrom("app")...)...)
		r := u.run(build(dir, append(toAndFrom("app-test"), "--target", "test")...)...)
		if strings.Contains(r.stderr, "hint: scope=") {
			t.Error("a scope with the target's name is warned of")
		}
		u.forget()
		wantCached(t, u.run(build(dir, "--cache-from", "type=gha,scope=app")...).stderr)
		wantCached(t, u.run(build(dir, "--cache-from", "type=gha,scope=app-test", "--target", "test")...).stderr)
	})
}
