package e2e

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/release"
)

var containerdStore = regexp.MustCompile(`^(\S+) .*io\.containerd\.snapshotter`)

// withGHA is an Engine whose docker driver has gha caches.
func (l *lab) withGHA() (string, error) {
	return l.engine(true, "no Docker Engine 28 or newer with the containerd image store")
}

// withoutGHA is an Engine whose docker driver has none.
func (l *lab) withoutGHA() (string, error) {
	return l.engine(false, "no Docker Engine with the classic image store")
}

// engine looks among those of hack/engine, or the machine's own.
func (l *lab) engine(gha bool, none string) (string, error) {
	hosts := []string{os.Getenv("DOCKER_HOST")}
	if other := os.Getenv("GHACACHE_OTHER_ENGINE"); other != "" {
		hosts = append(hosts, other)
	}
	for _, host := range hosts {
		info, err := l.exec(l.bin("docker"), "--host", host, "info", "--format", "{{.ServerVersion}} {{.DriverStatus}}")
		if err != nil {
			return "", err
		}
		m := containerdStore.FindStringSubmatch(info)
		if can := m != nil && !release.Before(m[1], release.Engine); can == gha {
			return host, nil
		}
	}
	return "", errors.New(none + ": run the tests as root under `hack/engine run`")
}

// dockerDriver is a user in a job whose builder is an Engine's own BuildKit.
func dockerDriver(t *testing.T, engine func() (string, error)) *user {
	t.Helper()
	host := need(t, engine)
	u := newUser(t, func() (string, error) { return "default", nil })
	u.set("DOCKER_HOST", host)
	u.set("BUILDX_CONFIG", t.TempDir())
	u.enter(serve(t))
	return u
}

func TestDockerDriverIsRejected(t *testing.T) {
	u := dockerDriver(t, shared.withoutGHA)
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
			wantText(t, r.stderr, "::error::", "- uses: "+release.SetupBuildx, "hint: --gha-create-builder", "hint: --gha-skip")
		})
	}
	t.Run("without caches it builds", func(t *testing.T) {
		u.run(build(image(t, `LABEL a=b`), "--cache-from", "")...)
	})
}

func TestDockerDriverIsRejectedUntilItIsAllowed(t *testing.T) {
	u := dockerDriver(t, shared.withGHA)
	r := u.try(build(image(t), toAndFrom("app")...)...)
	if r.code == 0 {
		t.Error("the build went on")
	}
	wantText(t, r.stderr, "hint: --gha-allow-docker-driver")
}

func TestDockerDriverThatIsAllowed(t *testing.T) {
	u := dockerDriver(t, shared.withGHA)
	file := filepath.Base(shared.dir)
	dir := image(t, `RUN --network=none ["example", "write", "/`+file+`", "100000"]`, `RUN --network=none ["example", "copy", "/`+file+`", "/copy"]`)
	allowed := func(words ...string) string {
		return u.run(build(dir, append(words, "--gha-allow-docker-driver")...)...).stderr
	}
	// Somebody may need the rest of what the Engine has.
	forget := func() { u.run("buildx", "prune", "--all", "--force", "--filter", "description~="+file) }
	t.Cleanup(forget)
	if steps := uncached(t, allowed(toAndFrom("app")...)); len(steps) != 4 {
		t.Errorf("the first build ran %q", steps)
	}
	forget()
	if steps := uncached(t, allowed("--cache-from", "type=gha,scope=other")); len(steps) != 2 {
		t.Errorf("of the two steps that were forgotten, a build without their cache ran %q", steps)
	}
	forget()
	wantCached(t, allowed(toAndFrom("app")...))
}

func TestCreateBuilder(t *testing.T) {
	for name, engine := range map[string]func() (string, error){
		"where the docker driver has no gha caches": shared.withoutGHA,
		"where it has them":                         shared.withGHA,
	} {
		t.Run(name, func(t *testing.T) {
			u := dockerDriver(t, engine)
			if u.try("inspect", "buildx_buildkit_ghacache0").code == 0 {
				missing(t, errors.New("this Engine has a builder named ghacache"))
			}
			t.Cleanup(func() { u.run("buildx", "rm", "--force", "ghacache") })
			dir := image(t)
			for range 2 {
				u.run(build(dir, append(toAndFrom("app"), "--gha-create-builder")...)...)
			}
			u.run("buildx", "prune", "--builder", "ghacache", "--all", "--force")
			wantCached(t, u.run(build(dir, append(toAndFrom("app"), "--gha-create-builder")...)...).stderr)
		})
	}
}
