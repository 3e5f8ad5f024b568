package e2e

import (
	"path/filepath"
	"testing"
)

func TestAnEmptyMountIsNotSaved(t *testing.T) {
	u := newUser(t, shared.remote)
	u.enter(serve(t, "--ref", mainRef))
	dir := image(t, `RUN --mount=type=cache,id=idle,target=/idle ["example", "write", "/data", "1000"]`)
	u.run("buildx", "build", dir)
	wantMatch(t, u.run("ghacache", "mounts", "ls").stdout, `(?m)^idle .* not saved$`)
	wantMatch(t, u.run("ghacache", "mounts", "save", "idle").stdout, `^idle\tempty\n$`)
	wantMatch(t, u.run("ghacache", "mounts", "ls").stdout, `(?m)^idle .* not saved$`)
}

func TestAGlobWithoutAMountIsAWarning(t *testing.T) {
	u := newUser(t, shared.remote)
	u.enter(serve(t, "--ref", mainRef))
	r := u.run(build(mountImage(t, "glob", "write", `"/a/data", "1000"`), "--gha-mounts=glob-x*")...)
	wantText(t, r.stderr, "cache mounts: --gha-mounts='glob-x*' selects none of the build's: glob, glob-owned (uid=1000,gid=1001,mode=0700)", "hint: --gha-mounts   # selects all of them")
}

func TestMountsOfABuilderThatDoesNotAnswer(t *testing.T) {
	u := newUser(t, shared.remote)
	u.enter(serve(t, "--ref", mainRef))
	u.set("BUILDX_CONFIG", t.TempDir())
	u.run("buildx", "create", "--name", "cold", "--driver", "docker-container")
	u.run("buildx", "create", "--name", "far", "--driver", "remote", "unix://"+filepath.Join(t.TempDir(), "s"))
	for name, want := range map[string][]string{
		"cold": {`builder "cold" does not run yet`, "hint: docker buildx inspect --bootstrap cold"},
		"far":  {`node "far0" of builder "far" does not answer: `, "hint: docker buildx inspect far"},
	} {
		r := u.try("ghacache", "mounts", "ls", "--builder", name)
		wantText(t, r.stderr, want...)
		if r.code != 1 {
			t.Errorf("exit %d", r.code)
		}
	}
	u.set("ACTIONS_RUNTIME_TOKEN", "foo")
	wantText(t, u.try("ghacache", "mounts", "save").stderr, "reading the runtime token: ", "hint: docker ghacache doctor")
}
