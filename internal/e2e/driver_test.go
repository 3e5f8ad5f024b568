package e2e

import (
	"regexp"
	"testing"
)

var containerdStore = regexp.MustCompile(`io\.containerd\.snapshotter`)

// The Engine's own BuildKit, with the classic image store.
func dockerDriver(t *testing.T) *user {
	t.Helper()
	u := newUser(t, shared.container)
	u.set("BUILDX_BUILDER", "default")
	u.set("BUILDX_CONFIG", t.TempDir())
	if status := u.run("info", "--format", "{{.DriverStatus}}").stdout; containerdStore.MatchString(status) {
		t.Skip("this Engine has the containerd image store")
	}
	u.enter(serve(t))
	return u
}

func TestDockerDriverIsRejected(t *testing.T) {
	u := dockerDriver(t)
	for name, words := range map[string][]string{
		"by default":                toAndFrom("app"),
		"only reading":              {"--cache-from", "type=gha"},
		"when it cannot be allowed": append(toAndFrom("app"), "--gha-allow-docker-driver"),
		"named on the command line": append(toAndFrom("app"), "--builder", "default"),
		"in a dry run":              append(toAndFrom("app"), "--gha-dry-run"),
		"though errors are ignored": {"--cache-to", "type=gha,ignore-error=true"},
	} {
		t.Run(name, func(t *testing.T) {
			r := u.try(build(image(t), words...)...)
			if r.code == 0 {
				t.Error("the build went on")
			}
			wantText(t, r.stderr, "hint: docker buildx create --driver docker-container --use")
		})
	}
	t.Run("without caches it builds", func(t *testing.T) {
		u.run(build(image(t, `LABEL a=b`), "--cache-from", "")...)
	})
}

func TestCreateBuilder(t *testing.T) {
	u := dockerDriver(t)
	if u.try("inspect", "buildx_buildkit_ghacache0").code == 0 {
		t.Skip("this Engine has a builder named ghacache")
	}
	t.Cleanup(func() { u.run("buildx", "rm", "--force", "ghacache") })
	dir := image(t)
	for range 2 {
		u.run(build(dir, append(toAndFrom("app"), "--gha-create-builder")...)...)
	}
	u.run("buildx", "prune", "--builder", "ghacache", "--all", "--force")
	wantCached(t, u.run(build(dir, append(toAndFrom("app"), "--gha-create-builder")...)...).stderr)
}
