package e2e

import (
	"os"
	"path/filepath"
	"testing"
)

func startFresh() (string, error) {
	return shared.startBuildkitd("fresh", shared.bin("buildkitd"))
}

// A build on one builder fills a mount; a build on another, which never saw it, finds it filled.
func TestMountsSmoke(t *testing.T) {
	u := newUser(t, shared.remote)
	u.enter(serve(t, "--ref", mainRef))
	first := image(t, `RUN --mount=type=cache,target=/cache,id=smoke ["example", "write", "/cache/data", "1000000"]`)
	u.run(build(first, "--gha-mounts")...)
	fresh := need(t, startFresh)
	u.set("BUILDX_BUILDER", fresh)
	second := image(t, `RUN --mount=type=cache,target=/cache,id=smoke ["example", "copy", "/cache/data", "/copy"]`)
	r := u.run(build(second, "--gha-mounts")...)
	wantText(t, r.stderr, "restored")
	_ = os.Remove
	_ = filepath.Join
}
