package e2e

import (
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// registries are ways in which a registry fails a push at once, each with its address.
var registries = map[string]func(*testing.T) string{
	"refuses the connection": silentAddress,
	// The resolver refuses a label of more than 63 characters without asking a server.
	"has no name":                 func(*testing.T) string { return strings.Repeat("x", 64) + ".invalid" },
	"has a certificate of nobody": tlsRegistry,
	"wants other credentials":     func(t *testing.T) string { return refusingRegistry(t, http.StatusUnauthorized) },
	"forbids to push":             func(t *testing.T) string { return refusingRegistry(t, http.StatusForbidden) },
}

func silentAddress(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	check(t, l.Close())
	return l.Addr().String()
}

// tlsRegistry is reached by an address that BuildKit does not take for this machine's, where it would speak HTTP.
func tlsRegistry(t *testing.T) string {
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	return strings.Replace(server.Listener.Addr().String(), "127.0.0.1", "0.0.0.0", 1)
}

func refusingRegistry(t *testing.T, status int) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

// cancelledByPush is how the export of the cache ends where the push failed first.
var cancelledByPush = regexp.MustCompile(`(?m)^#\d+ ERROR: .*CacheService/\w+": failed to push `)

// BuildKit pushes and exports the cache at the same time, and cancels the one with the error of the other. The latency
// has it ask the cache service while the push fails.
func TestAFailedPushIsNotTheCachesFault(t *testing.T) {
	for name, registry := range registries {
		t.Run("the registry "+name, func(t *testing.T) {
			u := newUser(t, shared.remote)
			u.enter(serve(t, "--ref", "refs/heads/main", "--latency", "300ms"))
			raced := false
			for _, option := range []string{"", ",ignore-error=true"} {
				u.dir = tinyImage(t)
				to := registry(t)
				r := u.try(build(".", "--cache-to", "type=gha,mode=max"+option, "--cache-from", "type=gha", "--push", "-t", to+"/app")...)
				wantSilence(t, r)
				raced = raced || cancelledByPush.MatchString(r.stderr)
				wantSilence(t, u.try("ghacache", "bake", "one", "two", "--gha-scope-per-target", "--push",
					"--set", "*.cache-to=type=gha,mode=max"+option, "--set", "one.tags="+to+"/one", "--set", "two.tags="+to+"/two"))
				shown := onScreen(t, u, build(".", "--cache-to", "type=gha"+option, "--push", "-t", to+"/app")...)
				if advice(shown) != "" || !strings.Contains(shown, "failed to push") {
					t.Errorf("on a terminal\n%s", shown)
				}
			}
			if !raced {
				t.Error("no push cancelled an export: this test proves nothing")
			}
		})
	}
}

// wantSilence wants a failure after which the plugin has nothing to say.
func wantSilence(t *testing.T, r result) {
	t.Helper()
	if r.code == 0 {
		t.Error("the build did not fail")
	}
	if said := advice(r.stderr); said != "" {
		t.Errorf("the plugin says\n%s", said)
	}
}

// advice is what the plugin adds to buildx's output.
func advice(stderr string) string {
	var said strings.Builder
	for line := range strings.Lines(stderr) {
		line = strings.Replace(line, "::error::", "error: ", 1)
		if strings.HasPrefix(line, "error: ") || strings.HasPrefix(line, "hint: ") {
			said.WriteString(line)
		}
	}
	return said.String()
}

func wantAdvice(t *testing.T, stderr, says string) {
	t.Helper()
	said, _, _ := strings.Cut(advice(stderr), "\n")
	if !strings.Contains(said, says) {
		t.Errorf("the plugin says %q, want %q", said, says)
	}
}

// What a failing cache service has the plugin say.
var cacheFailures = map[string]struct{ fault, says string }{
	"the service fails on its side":  {"/twirp/*:500", "error: probably: the cache service failed on its side"},
	"the service is away":            {"/twirp/*:503", "error: probably: the cache service failed on its side"},
	"the service throttles":          {"/twirp/*:429", "error: a cache service throttled this BuildKit"},
	"the service refuses the token":  {"/twirp/*:403", "error: probably: the service rejected the runtime token"},
	"the service hangs up":           {"/twirp/*:cut", "error: probably: the connection to the cache service broke"},
	"the service refuses to reserve": {"*/CreateCacheEntry:403", "error: probably: the service rejected the runtime token"},
	"the service fails at the end":   {"*/FinalizeCacheEntryUpload:500", "error: probably: the cache service failed on its side"},
	"the blobs may not be written":   {"PUT /devstoreaccount1/*:403", "error: probably: a layer was refused (403)"},
	"the blobs have no room":         {"PUT /devstoreaccount1/*:507", "error: the blob storage behind the cache service failed on its side"},
}

func TestAFailedCacheIsNamed(t *testing.T) {
	for name, c := range cacheFailures {
		t.Run(name, func(t *testing.T) {
			builder := shared.remote
			if strings.HasSuffix(c.fault, ":429") {
				builder = shared.throttled
			}
			u := newUser(t, builder)
			u.enter(serve(t, "--ref", "refs/heads/main", "--fault", c.fault))
			u.dir = tinyImage(t)
			wantAdvice(t, u.try(build(".", "--cache-to", "type=gha,mode=max,timeout=1s", "--cache-from", "type=gha,timeout=1s")...).stderr, c.says)
			wantAdvice(t, u.try("ghacache", "bake", "one", "two", "--gha-scope-per-target",
				"--set", "*.cache-to=type=gha,mode=max,timeout=1s", "--set", "*.cache-from=").stderr, c.says)
			u.dir = tinyImage(t) // a layer that is reserved once is left out by the next build
			wantAdvice(t, onScreen(t, u, build(".", "--cache-to", "type=gha,mode=max,timeout=1s")...), c.says)
		})
	}
}

// tinyImage is one whose only layer BuildKit has sent before a reply can come. BuildKit 0.33 may crash where a storage
// refuses a larger one that it has not read: azblob unmaps what net/http is still sending.
func tinyImage(t *testing.T) string {
	t.Helper()
	dir := bakeImage(t)
	check(t, os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte("FROM scratch\nARG NAME=seed\nCOPY seed /$NAME\n"), 0o600))
	return dir
}

// Here the cache fails first, and the push ends with its error.
func TestAFailedCacheThatCancelsThePushIsNamed(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body) // only then the server learns that the client is gone
		<-r.Context().Done()
	}))
	defer server.Close()
	u := newUser(t, shared.remote)
	u.enter(serve(t, "--ref", "refs/heads/main", "--fault", "*/CreateCacheEntry:500"))
	r := u.try(build(image(t), "--cache-to", "type=gha", "--push", "-t", server.Listener.Addr().String()+"/app")...)
	wantAdvice(t, r.stderr, "error: probably: the cache service failed on its side")
	wantMatch(t, r.stderr, `(?m)^#\d+ (?:ERROR: failed to push .*: error writing layer blob: internal|CANCELED)$`)
}

// A failure that ignore-error=true tolerates is none.
func TestATolerableFailureIsNotTheCause(t *testing.T) {
	u := newUser(t, shared.remote)
	u.enter(serve(t, "--ref", "refs/heads/main", "--fault", "/twirp/*:500"))
	words := []string{"--cache-to", "type=gha,ignore-error=true", "--cache-from", "type=gha"}
	if said := advice(u.run(build(image(t), words...)...).stderr); said != "" {
		t.Errorf("the plugin says\n%s", said)
	}
	wantSilence(t, u.try(build(image(t, `RUN ["example", "exit", "7"]`), words...)...))
}

// Nothing is read from the cache, so that no connection is left over from before.
func TestAServiceThatEndsDuringTheBuildIsNamed(t *testing.T) {
	for name, c := range map[string]struct {
		builder func() (string, error)
		words   []string
	}{
		"on a remote builder":            {shared.remote, build(".", "--cache-to", "type=gha,mode=max")},
		"on a remote builder, with bake": {shared.remote, []string{"ghacache", "bake", "one", "two", "--gha-scope-per-target", "--set", "*.cache-from="}},
		"on a builder with network=host": {shared.container, build(".", "--cache-to", "type=gha,mode=max")},
	} {
		t.Run(name, func(t *testing.T) {
			u := newUser(t, c.builder)
			s := serve(t)
			u.enter(s)
			nap := fmt.Sprintf("2s%dns", rand.Int64N(1e9)) // what to find the step's process by
			u.dir = bakeImage(t, `RUN ["example", "sleep", "`+nap+`"]`)
			go func() {
				within(20*time.Second, func() bool { return running(t, nap) })
				s.stop()
			}()
			r := u.try(c.words...)
			wantAdvice(t, r.stderr, "error: probably: nothing answers at 127.0.0.1:")
			wantText(t, advice(r.stderr), ": the cache server is down\n", "hint: docker ghacache serve --listen 127.0.0.1:")
			if strings.Contains(advice(r.stderr), "network=host") {
				t.Error("the builder has the host's network")
			}
		})
	}
}
