package e2e

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// user is somebody at a shell, with a Docker configuration of their own and
// an environment that has nothing of the one the tests run in.
type user struct {
	t      *testing.T
	docker string            // the docker command line
	dir    string            // working directory, empty for the tests' own
	env    map[string]string // variables
	slow   time.Duration     // how long a command may take; a minute, if zero
	ran    []ran
}

// ran is a command that has ended. A test that fails logs its commands, and the output of the last ones.
type ran struct {
	words string
	result
}

const outputs = 4

func (u *user) logRan() {
	if !u.t.Failed() {
		return
	}
	for i, r := range u.ran {
		output := "\n" + r.String()
		if len(u.ran)-i > outputs && r.code == 0 {
			output = ""
		}
		u.t.Logf("%s: exit %d%s", r.words, r.code, output)
	}
}

// newUser has both plugins installed and builds on builder.
func newUser(t *testing.T, part func() (string, error)) *user {
	t.Helper()
	builder := need(t, part)
	home := t.TempDir()
	plugins := filepath.Join(home, "cli-plugins")
	check(t, os.Mkdir(plugins, 0o700))
	for _, name := range []string{"docker-ghacache", "docker-buildx"} {
		check(t, os.Symlink(shared.bin(name), filepath.Join(plugins, name)))
	}
	u := &user{t: t, docker: shared.bin("docker"), env: map[string]string{
		"PATH":            os.Getenv("PATH"),
		"HOME":            home,
		"DOCKER_CONFIG":   home,
		"BUILDX_CONFIG":   shared.buildxConfig(),
		"BUILDX_BUILDER":  builder,
		"BUILDX_GIT_INFO": "false",
		"NO_COLOR":        "1",
	}}
	t.Cleanup(u.logRan)
	if host := os.Getenv("DOCKER_HOST"); host != "" {
		u.env["DOCKER_HOST"] = host
	}
	return u
}

// set changes the environment; "" removes a variable.
func (u *user) set(name, value string) {
	u.env[name] = value
	if value == "" {
		delete(u.env, name)
	}
}

// enter puts the user into a job's step that has the runtime of the service.
func (u *user) enter(s *service) {
	maps.Copy(u.env, s.env)
	u.set("GITHUB_ACTIONS", "true")
}

// result is what a command left behind.
type result struct {
	stdout, stderr string
	code           int
}

func (r result) String() string { return r.stdout + r.stderr }

func (u *user) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, u.docker, args...)
	cmd.Dir = u.dir
	for name, value := range u.env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	cmd.WaitDelay = 5 * time.Second
	return cmd
}

// try runs docker with any outcome.
func (u *user) try(args ...string) result {
	u.t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(u.t.Context()), cmp.Or(u.slow, time.Minute)) // cleanup runs commands too
	defer cancel()
	cmd := u.command(ctx, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if _, ok := errors.AsType[*exec.ExitError](err); !ok {
		check(u.t, err)
	}
	r := result{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
	u.ran = append(u.ran, ran{filepath.Base(u.docker) + " " + strings.Join(args, " "), r})
	return r
}

// run runs docker, which must succeed.
func (u *user) run(args ...string) result {
	u.t.Helper()
	r := u.try(args...)
	if r.code != 0 {
		u.t.Fatalf("docker %s: exit %d", strings.Join(args, " "), r.code)
	}
	return r
}

// forget drops all that the builder holds.
func (u *user) forget() {
	u.t.Helper()
	docker := u.docker
	defer func() { u.docker = docker }()
	u.docker = shared.bin("docker-buildx") // itself: this runs before most builds, and docker takes time
	u.run("prune", "--all", "--force")
}

// image writes a build context whose steps no other test has built. All images
// share the layer of the program: it makes no folder, whose time would be its own.
func image(t *testing.T, steps ...string) string {
	t.Helper()
	dir := t.TempDir()
	check(t, os.Link(filepath.Join(shared.dir, "example"), filepath.Join(dir, "example")))
	check(t, os.WriteFile(filepath.Join(dir, "seed"), []byte(dir), 0o600))
	if len(steps) == 0 {
		steps = []string{`RUN ["example", "write", "/data", "100000"]`, `RUN ["example", "copy", "/data", "/copy"]`}
	}
	lines := append([]string{"FROM scratch", "ENV PATH=/", "ARG NAME=seed", "COPY seed /$NAME", "COPY example /"}, steps...)
	check(t, os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(strings.Join(lines, "\n")+"\n"), 0o600))
	return dir
}

var (
	stepLine   = regexp.MustCompile(`(?m)^#(\d+) \[(?:\S+ )*\d+/\d+\] (.+)$`)
	cachedLine = regexp.MustCompile(`(?m)^#(\d+) (CACHED$|CANCELED$|extracting |sha256:)`)
)

// uncached lists the Dockerfile's steps in a plain progress log that were run.
// A step whose result was fetched from a cache is not always called CACHED: its log may have only the layers that BuildKit
// fetched, and not even a line about their extraction. One is cancelled if BuildKit finds a later step in a cache.
func uncached(t *testing.T, log string) []string {
	t.Helper()
	steps := map[string]string{}
	for _, m := range stepLine.FindAllStringSubmatch(log, -1) {
		steps[m[1]] = m[2]
	}
	if len(steps) == 0 {
		t.Fatalf("no steps in\n%s", log)
	}
	for _, m := range cachedLine.FindAllStringSubmatch(log, -1) {
		delete(steps, m[1])
	}
	var rest []string
	for _, step := range steps {
		rest = append(rest, step)
	}
	return rest
}

func wantCached(t *testing.T, log string) {
	t.Helper()
	if steps := uncached(t, log); len(steps) > 0 {
		t.Errorf("not from the cache: %q", steps)
	}
}

func wantText(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q is not in\n%s", part, text)
		}
	}
}

func within(limit time.Duration, done func() bool) bool {
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if done() {
			return true
		}
	}
	return false
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
