package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// folder is a cache service that runs for one command at a time.
type folder struct {
	u   *user
	dir string
}

// job runs a command as a step of a job on the service.
func (f folder) job(words ...string) result {
	f.u.t.Helper()
	return f.u.try(append([]string{"serve", "--dir", f.dir, "--repo", "octo/app", "--"}, words...)...)
}

func (f folder) run(words ...string) result {
	f.u.t.Helper()
	r := f.job(words...)
	if r.code != 0 {
		f.u.t.FailNow()
	}
	return r
}

// entries are the ids of what the service holds.
func (f folder) entries() []string {
	f.u.t.Helper()
	return strings.Fields(f.run(f.u.docker, "ls", "--entries", "--no-trunc", "-q").stdout)
}

var wereThere = regexp.MustCompile(`(?m)^already there: 0 indexes, (\d+) layers?$`)

// A build's cache moves from version 1 to version 2 though the copy is killed, and
// the next build takes everything from there.
func TestCopyBetweenServices(t *testing.T) {
	u := newUser(t, shared.remote)
	docker := u.docker
	u.docker = shared.bin("docker-ghacache")
	before, after := folder{u, t.TempDir()}, folder{u, t.TempDir()}
	var steps []string
	for i := range 20 {
		steps = append(steps, fmt.Sprintf(`RUN ["example", "write", "/data%d", "%d"]`, i, 1000+i))
	}
	dir := image(t, steps...)
	before.run(append([]string{docker}, build(dir, "--cache-to", "type=gha,mode=max,scope=app,version=1")...)...)
	held := before.entries()

	slow := serve(t, "--dir", before.dir, "--latency", "300ms", "--ref", "refs/heads/main")
	token := filepath.Join(t.TempDir(), "token")
	check(t, os.WriteFile(token, []byte(slow.env["ACTIONS_RUNTIME_TOKEN"]), 0o600))
	copying := []string{u.docker, "migrate-v2", "--copy", "--scope", "app", "--from-url", slow.env["ACTIONS_CACHE_URL"], "--from-token", token}
	after.run(append([]string{"sh", "-c", `"$@" & pid=$!
		until [ -n "$("$1" ls --entries -q)" ]; do sleep 0.05; done
		kill -9 $pid`, "sh"}, copying...)...)
	some := len(after.entries())
	if some == 0 || some >= len(held)-1 {
		t.Fatalf("%d of %d entries were copied before the kill", some, len(held))
	}

	r := after.run(copying...)
	wantText(t, r.stdout, fmt.Sprintf("copied: 1 index, %d layers ", len(held)-1-some))
	if m := wereThere.FindStringSubmatch(r.stdout); m == nil || m[1] != strconv.Itoa(some) {
		t.Errorf("%d layers were there", some)
	}
	u.run(append([]string{"serve", "--dir", t.TempDir(), "--", docker}, "buildx", "prune", "--all", "--force")...)
	wantCached(t, after.run(append([]string{docker}, build(dir, "--cache-from", "type=gha,scope=app")...)...).stderr)

	u.enter(slow)
	if now := strings.Fields(u.run("ls", "--entries", "--no-trunc", "-q").stdout); !slices.Equal(now, held) {
		t.Errorf("the source held %q and holds %q", held, now)
	}
}
