package e2e

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
)

// The hook answers a failed build of buildx's own command line, on a terminal
// and with a docker that asks.
func TestHookExplainsAFailedBuild(t *testing.T) {
	u := newUser(t, shared.remote)
	u.set("NO_COLOR", "")
	u.run("ghacache", "hooks", "enable")
	u.enter(serve(t)) // for its token
	failing := []string{"buildx", "build", "--progress", "plain", "--cache-to", "type=gha,version=1,url=" + sunset(t)}
	shown := onScreen(t, u, append(failing, image(t))...)
	if !strings.Contains(shown, "What's next") || !strings.Contains(shown, "docker ghacache migrate-v2") {
		t.Errorf("the build ended with:\n%s", shown)
	}
	u.run("ghacache", "hooks", "disable")
	if shown := onScreen(t, u, append(failing, image(t))...); strings.Contains(shown, "migrate-v2") {
		t.Errorf("disabled, it goes on:\n%s", shown)
	}
}

// What buildx and BuildKit refuse before a build begins is in no history. A build that fails for another reason, or one
// that failed before, is none of the hook's business.
func TestHookExplainsWhatIsRefused(t *testing.T) {
	u := newUser(t, shared.remote)
	u.set("NO_COLOR", "")
	u.run("ghacache", "hooks", "enable")
	u.enter(serve(t))
	failing := image(t)
	check(t, os.WriteFile(filepath.Join(failing, "Dockerfile"), []byte("FROM scratch\nCOPY missing /\n"), 0o600))
	for _, test := range []struct {
		name, want string
		args       []string
	}{
		{"a builder that does not exist", "docker buildx ls", []string{"--builder", "nowhere", "--cache-to", "type=gha"}},
		{"an option in quotes", "no inner quotes", []string{"--cache-to", `"type=gha,mode=max"`}},
		{"another failure", "", []string{"--cache-to", "type=gha", "--file", filepath.Join(failing, "Dockerfile")}},
		{"a build without the cache", "", []string{"--builder", "nowhere"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			shown := onScreen(t, u, append(append([]string{"buildx", "build", "--progress", "plain"}, test.args...), image(t))...)
			_, hint, _ := strings.Cut(shown, "What's next")
			if !strings.Contains(hint, test.want) || test.want == "" && hint != "" {
				t.Errorf("the build ended with:\n%s", shown)
			}
		})
	}
}

// BuildKit refuses a token that has expired before the build begins. One that has not is no cause of anything.
func TestHookExplainsAnExpiredToken(t *testing.T) {
	u := newUser(t, shared.remote)
	u.set("NO_COLOR", "")
	u.run("ghacache", "hooks", "enable")
	s := serve(t)
	u.enter(s)
	build := []string{"buildx", "build", "--progress", "plain", "--cache-to", "type=gha,scope=expired"}
	missing := image(t)
	check(t, os.WriteFile(filepath.Join(missing, "Dockerfile"), []byte("FROM scratch\nCOPY missing /\n"), 0o600))
	if _, hint, _ := strings.Cut(onScreen(t, u, append(build, missing)...), "What's next"); hint != "" {
		t.Errorf("with a token that is valid, another failure has the hint:\n%s", hint)
	}
	issuer, err := cacheserver.OpenIssuer(s.dir, func() time.Time { return time.Now().Add(-2 * time.Hour) })
	check(t, err)
	token, err := issuer.RuntimeToken([]cacheserver.RefAccess{{Ref: mainRef, Write: true}}, time.Hour)
	check(t, err)
	u.set("ACTIONS_RUNTIME_TOKEN", token)
	shown := onScreen(t, u, append(build, image(t))...)
	said, hint, _ := strings.Cut(shown, "What's next")
	if !strings.Contains(said, "cache token expired at ") || !strings.Contains(hint, "the runtime token has expired") || strings.Contains(hint, token) {
		t.Errorf("the build ended with:\n%s", shown)
	}
	if shown := onScreen(t, u, "buildx", "build", "--progress", "plain", missing); strings.Contains(shown, "What's next") {
		t.Errorf("a build without the cache ended with:\n%s", shown)
	}
}

// sunset answers as version 1 of GitHub's service did at its end.
func sunset(t *testing.T) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnprocessableEntity)
		io.WriteString(w, `{"message": "This legacy service is shutting down, effective April 15, 2025. Migrate to the new service ASAP. For more information: https://gh.io/gha-cache-sunset"}`)
	}))
	t.Cleanup(server.Close)
	return server.URL + "/"
}

// onScreen runs docker on a terminal and returns what it showed.
func onScreen(t *testing.T, u *user, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := u.command(ctx, args...)
	terminal, err := pty.Start(cmd)
	check(t, err)
	defer terminal.Close()
	var shown bytes.Buffer
	io.Copy(&shown, terminal) // ends with an error when the terminal closes
	cmd.Wait()
	return shown.String()
}

func TestHookExplainsTheDockerDriver(t *testing.T) {
	u := newUser(t, shared.remote)
	u.onEngine(shared.withoutGHA)
	u.set("NO_COLOR", "")
	u.run("ghacache", "hooks", "enable")
	u.enter(serve(t))
	shown := onScreen(t, u, "build", "--progress", "plain", "--cache-to", "type=gha", image(t))
	if _, hint, _ := strings.Cut(shown, "What's next"); !strings.Contains(hint, "docker buildx create") {
		t.Errorf("the build ended with:\n%s", shown)
	}
}
