package e2e

import (
	"bytes"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/servertest"
	"github.com/google/go-containerregistry/pkg/registry"
)

// relayed builds through a relay, or not at all.
func relayed(dir string, words ...string) []string {
	return build(dir, append(words, "--gha-relay=require", "--gha-summary=true")...)
}

var relaySaid = regexp.MustCompile(`(?m)^relay: sent (\d+) layers? \(.+\) in [\d.]+m?s`)

// relayBuilders are on networks of all kinds. The service listens on this machine's loopback interface alone.
var relayBuilders = map[string]func() (string, error){
	"a buildkitd on this machine":         func() (string, error) { return shared.remote() },
	"a container on the host's network":   func() (string, error) { return shared.container() },
	"a container on a network of its own": func() (string, error) { return shared.bridged() },
}

func TestARelayExportsAndImports(t *testing.T) {
	for name, builder := range relayBuilders {
		t.Run(name, func(t *testing.T) {
			u := newUser(t, builder)
			u.enter(serve(t))
			summary := filepath.Join(t.TempDir(), "summary")
			u.set("GITHUB_STEP_SUMMARY", summary)
			dir := image(t)
			r := u.run(relayed(dir, toAndFrom("app")...)...)
			said, err := os.ReadFile(summary)
			check(t, err)
			wantText(t, string(said), "Relay: sent 4 layers")
			if m := relaySaid.FindStringSubmatch(r.stderr); m == nil || m[1] != "4" {
				t.Errorf("the relay said %q", m)
			}
			if strings.Contains(r.stderr, "cannot reach") {
				t.Error("the builder reaches the relay, and need not reach the service")
			}
			if tree := u.run("ghacache", "inspect", "app").stdout; strings.Count(tree, "present") != 4 || strings.Contains(tree, "MISSING") {
				t.Error("a layer is missing")
			}
			u.forget()
			wantCached(t, u.run(relayed(dir, toAndFrom("app")...)...).stderr)
			u.forget()
			wantCached(t, u.run(relayed(dir, "--cache-from", "type=gha,scope=app")...).stderr)
		})
	}
}

// Both nodes get the same address. The network of one has it on this machine, whose own network the other shares.
func TestNodesOnDifferentNetworksShareARelay(t *testing.T) {
	u := newUser(t, shared.several)
	u.enter(serve(t))
	dir := image(t, "LABEL a=b") // nothing to run: the machine has one architecture
	r := u.run(relayed(dir, append(toAndFrom("app"), "--platform", "linux/amd64,linux/arm64", "--debug")...)...)
	wantMatch(t, r.stderr, `(?m)^info: BuildKit uses the cache service through a relay at 172\.`)
	wantText(t, u.run("ghacache", "inspect", "app").stdout, "Versions:    2") // of each node
}

func TestARelayBakes(t *testing.T) {
	u := newUser(t, shared.bridged)
	u.enter(serve(t))
	u.dir = bakeImage(t)
	u.set("GHACACHE_RELAY", "require")
	u.run("ghacache", "bake", "--gha-scope-per-target")
	u.forget()
	wantCached(t, u.run("ghacache", "bake", "--gha-scope-per-target").stderr)
}

func TestARelayIsUsedWhereItHelps(t *testing.T) {
	for name, builder := range relayBuilders {
		t.Run(name, func(t *testing.T) {
			u := newUser(t, builder)
			u.enter(serve(t, "--ref", mainRef, "--listen", outward(t)+":0"))
			r := u.run(build(image(t), "--debug", "--cache-to", "type=gha,mode=max")...)
			wantMatch(t, r.stderr, `(?m)^info: BuildKit uses the cache service through a relay at [\d.]+:\d+$`)
			without := func(why string, words ...string) {
				t.Helper()
				r := u.run(build(image(t), append(words, "--debug")...)...)
				wantMatch(t, r.stderr, `(?m)^info: BuildKit uses the cache service without a relay: `+why)
			}
			without("nothing is exported$", "--cache-from", "type=gha")
			without(`listening on 192\.0\.2\.254: `, "--cache-to", "type=gha", "--gha-relay-address=192.0.2.254")
			u.enter(serve(t))
			without("the cache service is on this machine$", "--cache-to", "type=gha,ignore-error=true")
		})
	}
}

func TestAFailureBehindARelayIsNamed(t *testing.T) {
	for name, c := range map[string]struct{ fault, says string }{
		"the service refuses the token": {"/twirp/*:403", "error: probably: the service rejected the runtime token"},
		"the blobs may not be written":  {"PUT /devstoreaccount1/*:403", "error: probably: a layer was refused (403)"},
	} {
		t.Run(name, func(t *testing.T) {
			u := newUser(t, shared.bridged)
			s := serve(t, "--ref", mainRef, "--fault", c.fault)
			u.enter(s)
			r := u.try(relayed(image(t), "--cache-to", "type=gha,mode=max")...)
			if r.code != 1 {
				t.Errorf("exit %d", r.code)
			}
			wantAdvice(t, r.stderr, c.says)
			if out := u.run("ghacache", "ls", "--entries", "--filter", "kind=index", "-q").stdout; out != "" {
				t.Errorf("there are the indexes %s", out)
			}
		})
	}
}

// Without the timeout, the relay would wait for ten minutes.
func TestTheTimeoutOfAnEntryIsThatOfTheRelay(t *testing.T) {
	u := newUser(t, shared.remote)
	u.enter(serve(t, "--ref", mainRef, "--fault", "/twirp/*:429"))
	r := u.try(relayed(image(t), "--cache-to", "type=gha,mode=max,timeout=2s")...)
	if r.code != 1 {
		t.Errorf("exit %d", r.code)
	}
	wantText(t, r.stderr, "429 Too Many Requests")
}

// BuildKit keeps the options of a cache in the history of builds.
func TestTheBuilderDoesNotGetTheTokenOfTheService(t *testing.T) {
	u := newUser(t, shared.remote)
	state := filepath.Join(shared.dir, "remote", "root")
	secret := func(s *service) []byte {
		u.enter(s)
		token := s.env["ACTIONS_RUNTIME_TOKEN"]
		return []byte(token[strings.LastIndex(token, ".")+1:])
	}
	dir := bakeImage(t)
	u.dir = dir
	control := secret(serve(t))
	u.run(build(".", append(toAndFrom("app"), "--gha-relay=off")...)...)
	if !holds(t, state, control) {
		t.Fatal("a build without a relay does not leave the token in the history: this test proves nothing")
	}
	token := secret(serve(t))
	u.run(relayed(".", toAndFrom("app")...)...)
	u.run("ghacache", "bake", "--gha-relay=require")
	u.try(relayed(image(t, `RUN ["example", "exit", "7"]`), toAndFrom("app")...)...)
	if holds(t, state, token) {
		t.Error("the builder has the token")
	}
}

// holds reports whether a file below dir has part.
func holds(t *testing.T, dir string, part []byte) (found bool) {
	t.Helper()
	check(t, filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			data, _ := os.ReadFile(name)
			found = found || bytes.Contains(data, part)
		}
		return nil // BuildKit removes files meanwhile
	}))
	return found
}

func TestTheProbeLeavesNoHistory(t *testing.T) {
	u := newUser(t, shared.bridged)
	u.enter(serve(t))
	builds := func() int {
		return strings.Count(u.run("buildx", "history", "ls", "--format", "{{.Ref}}").stdout, "\n")
	}
	before := builds()
	u.run(relayed(image(t), "--cache-to", "type=gha")...)
	if n := builds() - before; n != 1 {
		t.Errorf("%d builds in the history", n)
	}
}

func TestTwoBuildsAtOnceRelayToOneScope(t *testing.T) {
	u := newUser(t, shared.bridged)
	u.enter(serve(t))
	dirs := []string{image(t), image(t)}
	var both sync.WaitGroup
	for _, dir := range dirs {
		both.Go(func() {
			if r := u.try(relayed(dir, "--cache-to", "type=gha,mode=max,scope=app")...); r.code != 0 {
				t.Errorf("exit %d", r.code)
			}
		})
	}
	both.Wait()
	wantText(t, u.run("ghacache", "inspect", "app").stdout, "Versions:    2")
	u.forget()
	cached := 0
	for _, dir := range dirs {
		if len(uncached(t, u.run(relayed(dir, "--cache-from", "type=gha,scope=app")...).stderr)) == 0 {
			cached++
		}
	}
	if cached == 0 { // the index that was written last counts
		t.Error("neither build is in the cache")
	}
}

func TestARelayBesideAPushOfSeveralPlatforms(t *testing.T) {
	u := newUser(t, shared.remote)
	u.enter(serve(t))
	images, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	startServer(t, images, registry.New())
	dir := image(t, "LABEL a=b") // nothing to run: the machine has one architecture
	words := append(toAndFrom("app"), "--platform", "linux/amd64,linux/arm64", "--push", "-t", images.Addr().String()+"/app:1")
	u.run(relayed(dir, words...)...)
	wantText(t, u.run("buildx", "imagetools", "inspect", images.Addr().String()+"/app:1").stdout, "linux/amd64", "linux/arm64")
	u.forget()
	wantCached(t, u.run(relayed(dir, words...)...).stderr)
}

// A token reads the index of the pull request and that of the default branch. BuildKit by itself rarely finds what only the
// first has: see internal/relay/merge.go.
func TestAPullRequestFindsItsOwnStepsThroughARelay(t *testing.T) {
	u := newUser(t, shared.remote)
	service := servertest.Open(t, cacheserver.Options{Dir: t.TempDir(), Repository: "octo/app"})
	url := servertest.Serve(t, service)
	dir, files := growing(t), map[string]map[string]string{}
	var ran []string
	for n, c := range []commit{{changes: "source"}, {pull: 2, changes: "lock"}, {pull: 2, changes: "source"}, {changes: "system"}, {pull: 2, changes: "source"}, {pull: 2, changes: "source"}} {
		u.enterWeek(service, url, c.ref())
		writeFiles(t, dir, merge(files, c, n))
		u.forget()
		steps := uncached(t, u.run(relayed(dir, toAndFrom("app")...)...).stderr)
		slices.Sort(steps)
		ran = append(ran, strings.Join(steps, "; "))
	}
	const ofSource = `COPY source /source; RUN ["example", "write", "/app", "550000"]; RUN ["example", "write", "/objects", "700000"]`
	t.Logf("%q", ran)
	if ran[2] != ofSource || ran[5] != ofSource {
		t.Errorf("a push that changed the source ran %q and %q", ran[2], ran[5])
	}
}
