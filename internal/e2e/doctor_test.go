package e2e

import (
	"regexp"
	"testing"
	"time"
)

// The doctor on real builders. What services and APIs can answer is in the scripts of
// cmd/docker-ghacache.
func TestDoctor(t *testing.T) {
	t.Run("finds nothing where all is well, within a second", func(t *testing.T) {
		u := newUser(t, shared.remote)
		u.enter(serve(t))
		u.run("ghacache", "doctor") // the first start of a program that was just built
		begun := time.Now()
		r := u.run("ghacache", "doctor")
		if took := time.Since(begun); took > time.Second {
			t.Errorf("it took %s", took)
		}
		wantMatch(t, r.stdout, `(?m)^ok       builder           remote: remote, BuildKit v0\.\d+\.\d+ with gha caches$`)
		wantMatch(t, r.stdout, `(?m)^ok       service           answered within `)
		if regexp.MustCompile(`(?m)^(error|warning)`).MatchString(r.stdout) {
			t.Error(r.stdout)
		}
	})
	t.Run("an old BuildKit", func(t *testing.T) {
		u := newUser(t, shared.old)
		u.enter(serve(t))
		r := u.try("ghacache", "doctor")
		wantMatch(t, r.stdout, `(?m)^error    builder           old: remote, BuildKit v0\.19\.0 with gha caches\n         BuildKit v0\.19\.0 of node "old0" does not speak cache service v2, which needs v0\.20\.0$`)
		if r.code != 1 {
			t.Errorf("exit %d", r.code)
		}
	})
	t.Run("a docker driver that cannot export", func(t *testing.T) {
		u := newUser(t, shared.remote)
		u.enter(serve(t))
		u.onEngine(shared.withoutGHA)
		r := u.try("ghacache", "doctor")
		wantMatch(t, r.stdout, `(?m)^error    builder           default: docker, Engine \S+ with BuildKit \S+$`)
		wantText(t, r.stdout, "does not use the containerd image store", "- uses: docker/setup-buildx-action@")
	})
	t.Run("a docker driver that is allowed, as a build is", func(t *testing.T) {
		u := newUser(t, shared.remote)
		u.enter(serve(t))
		u.onEngine(shared.withGHA)
		wantText(t, u.try("ghacache", "doctor").stdout, "--gha-allow-docker-driver   # builds here, with the cache")
		u.set("GHACACHE_ALLOW_DOCKER_DRIVER", "1")
		wantMatch(t, u.run("ghacache", "doctor").stdout, `(?m)^(ok|warning)  +builder           default: docker, Engine `)
	})
	t.Run("a builder of an old image, which is not booted", func(t *testing.T) {
		u := newUser(t, shared.container)
		u.set("BUILDX_CONFIG", t.TempDir())
		u.set("BUILDX_BUILDER", "")
		u.enter(serve(t))
		u.run("buildx", "create", "--name", "pinned", "--driver", "docker-container", "--driver-opt", "image=moby/buildkit:v0.12.5,network=host")
		defer u.run("buildx", "rm", "pinned")
		u.set("BUILDX_BUILDER", "pinned")
		r := u.try("ghacache", "doctor")
		wantMatch(t, r.stdout, `(?m)^error    builder           pinned: docker-container, node pinned0 is not booted\n         BuildKit v0\.12\.5, which node "pinned0" is to boot, does not speak cache service v2, which needs v0\.20\.0$`)
		refused := u.try(build(image(t), toAndFrom("app")...)...)
		wantText(t, refused.stderr, `BuildKit v0.12.5, which node "pinned0" is to boot, does not speak cache service v2`)
		if r.code != 1 || refused.code != 1 {
			t.Errorf("exit %d and %d", r.code, refused.code)
		}
	})
	t.Run("a builder that cannot reach a service on loopback", func(t *testing.T) {
		u := newUser(t, shared.container)
		u.set("BUILDX_CONFIG", t.TempDir())
		u.set("BUILDX_BUILDER", "")
		u.enter(serve(t))
		u.run("buildx", "create", "--name", "own", "--driver", "docker-container")
		defer u.run("buildx", "rm", "own")
		u.set("BUILDX_BUILDER", "own")
		r := u.run("ghacache", "doctor")
		wantMatch(t, r.stdout, `(?m)^warning  builder           own: docker-container, node own0 is not booted\n.*cannot reach http://127\.0\.0\.1`)
	})
}
