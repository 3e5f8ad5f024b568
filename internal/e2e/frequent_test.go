package e2e

import (
	"flag"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/golden"

	"github.com/golang-jwt/jwt/v5"
)

var update = flag.Bool("update", false, "write the goldens")

// The failures that users meet most, each with all that the plugin says. Read the
// goldens as somebody who has never seen this program.
func TestFrequentFailures(t *testing.T) {
	const github = "https://github.com"
	gha := []string{"--cache-to", "type=gha,mode=max,scope=app", "--cache-from", "type=gha,scope=app"}
	faulty := func(fault string) func(*user) {
		return func(u *user) { u.enter(serve(u.t, "--ref", "refs/heads/main", "--fault", fault)) }
	}
	job := func(u *user) { u.enter(serve(u.t)) }
	laptop := func(*user) {}
	for name, c := range map[string]struct {
		builder func() (string, error)
		set     func(*user)
		words   []string
	}{
		"a job without the runtime": {shared.remote, func(u *user) {
			u.set("GITHUB_ACTIONS", "true")
			u.set("GITHUB_SERVER_URL", github)
		}, gha},
		"a laptop on the default builder": {shared.remote, func(u *user) { u.onEngine(shared.withoutGHA) }, gha},
		"a pull request from a fork": {shared.remote, func(u *user) {
			u.enter(serve(u.t, "--ref", "refs/heads/main:ro"))
			u.set("GITHUB_EVENT_NAME", "pull_request")
		}, gha},
		"an expired token": {shared.remote, func(u *user) {
			u.enter(serve(u.t))
			u.set("ACTIONS_RUNTIME_TOKEN", expiredToken(u.t))
		}, gha},
		"the docker driver in a job": {shared.remote, func(u *user) {
			u.enter(serve(u.t))
			u.onEngine(shared.withoutGHA)
		}, gha},
		"a docker driver that could": {shared.remote, func(u *user) {
			u.enter(serve(u.t))
			u.onEngine(shared.withGHA)
		}, gha},
		"the Engine is down": {shared.remote, func(u *user) {
			u.enter(serve(u.t))
			u.set("BUILDX_BUILDER", "")
			u.set("DOCKER_HOST", "unix:///nonexistent/docker.sock")
		}, gha},
		"version 1 on github.com": {shared.remote, func(u *user) {
			u.enter(serve(u.t))
			u.set("GITHUB_SERVER_URL", github)
			u.set("ACTIONS_RESULTS_URL", "https://results-receiver.actions.githubusercontent.com/")
			u.set("ACTIONS_CACHE_URL", "")
		}, []string{"--cache-to", "type=gha,version=1"}},
		"an old BuildKit":         {shared.old, job, gha},
		"the service is down":     {shared.remote, func(u *user) { s := serve(u.t); u.enter(s); s.stop() }, gha},
		"the service answers 500": {shared.remote, faulty("/twirp/*:500"), gha},
		"the service answers 503": {shared.remote, faulty("/twirp/*:503"), gha},
		"the service throttles":   {shared.throttled, faulty("/twirp/*:429"), []string{"--cache-to", "type=gha,timeout=1s"}},
		"a typo in an attribute":  {shared.remote, job, []string{"--cache-to", "type=gha,mod=max,scope=app"}},
		"a space after a comma":   {shared.remote, laptop, []string{"--cache-to", "type=gha, scope=app", "--cache-from", "type=gha, scope=app"}},
		"Gitea without a URL":     {shared.remote, func(u *user) { u.set("GITEA_ACTIONS", "true"); u.set("ACTIONS_RUNTIME_TOKEN", "x") }, gha},
		"a push that is refused":  {shared.remote, job, append([]string{"--push", "--tag", silentAddress(t) + "/app"}, gha...)},
	} {
		t.Run(name, func(t *testing.T) {
			u := newUser(t, c.builder)
			c.set(u)
			r := u.try(build(tinyImage(t), c.words...)...)
			_, name, _ := strings.Cut(t.Name(), "/")
			golden.Equal(t, *update, filepath.Join("testdata", "frequent", name+".golden"), fmt.Sprintf("%sexit %d\n", said(r.stderr), r.code))
		})
	}
}

// onEngine has the user build on an Engine's own BuildKit, as by default.
func (u *user) onEngine(part func() (string, error)) {
	u.set("DOCKER_HOST", need(u.t, part))
	u.set("BUILDX_BUILDER", "")
	u.set("BUILDX_CONFIG", u.t.TempDir())
}

// expiredToken may write to the default branch until an hour ago.
func expiredToken(t *testing.T) string {
	t.Helper()
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"ac": `[{"Scope":"refs/heads/main","Permission":3}]`, "nbf": 1, "exp": time.Now().Add(-time.Hour).Unix(),
	}).SignedString([]byte("of no service"))
	check(t, err)
	return token
}

var progressLine = regexp.MustCompile(`(?m)^#\d+ .*\n`)

// said is the output without buildx's progress, and without what changes from run to run.
func said(stderr string) string {
	text := progressLine.ReplaceAllString(stderr, "")
	for pattern, stands := range map[string]string{
		`127\.0\.0\.1:\d+`:                "127.0.0.1:PORT",
		`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`: "TIME",
		`its Engine \d\S+`:                "its Engine VERSION",
		`timeout reached: .*`:             "timeout reached",
		`gha:\d+`:                         "gha:ID",
		`sha256:[0-9a-f]{64}`:             "sha256:DIGEST",
		`\n\n+`:                           "\n",
		// An export of the cache that a failed push has cancelled, if it had begun.
		`( > exporting to image:\n------\n)------\n > exporting to GitHub Actions Cache:\n------\n`: "$1",
	} {
		text = regexp.MustCompile(pattern).ReplaceAllString(text, stands)
	}
	return strings.TrimLeft(text, "\n")
}
