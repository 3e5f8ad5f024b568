package e2e

import (
	"os"
	"path/filepath"
	"testing"
)

func toAndFrom(scope string) []string {
	return []string{"--cache-to", "type=gha,mode=max,scope=" + scope, "--cache-from", "type=gha,scope=" + scope}
}

// build is a line of `docker ghacache build` with more words before the context.
func build(dir string, words ...string) []string {
	return append(append([]string{"ghacache", "build"}, words...), dir)
}

func TestBuild(t *testing.T) {
	for name, c := range map[string]struct {
		builder func() (string, error)
		absent  string // the URL of the other version
	}{
		"on a remote builder, cache service v2":           {shared.remote, "ACTIONS_CACHE_URL"},
		"on a remote builder, cache service v1":           {shared.remote, "ACTIONS_RESULTS_URL"},
		"on a docker-container builder, cache service v2": {shared.container, "ACTIONS_CACHE_URL"},
		"on a docker-container builder, cache service v1": {shared.container, "ACTIONS_RESULTS_URL"},
	} {
		t.Run(name, func(t *testing.T) {
			u := newUser(t, c.builder)
			u.enter(serve(t))
			u.set(c.absent, "")
			if c.absent == "ACTIONS_RESULTS_URL" {
				u.set("ACTIONS_CACHE_SERVICE_V2", "")
			}
			dir := image(t)
			if steps := uncached(t, u.run(build(dir, toAndFrom("app")...)...).stderr); len(steps) != 4 {
				t.Errorf("the first build ran %q", steps)
			}
			u.forget()
			wantCached(t, u.run(build(dir, toAndFrom("app")...)...).stderr)
			u.forget()
			if steps := uncached(t, u.run(build(dir, "--cache-from", "type=gha,scope=other")...).stderr); len(steps) != 4 {
				t.Errorf("the cache of a scope that was never written has all but %q", steps)
			}
		})
	}
}

func TestBuildPassesOnWhatThisBuildKitDoesNotRead(t *testing.T) {
	u := newUser(t, shared.remote)
	u.enter(serve(t))
	dir := image(t)
	words := build(dir, "--cache-to", "type=gha,mode=max,compression=zstd", "--cache-from", "type=gha,mode=max,output=x")
	wantText(t, u.run(words...).stderr, `"compression"`, "BuildKit reads mode on --cache-to only", `"output"`)
	u.forget()
	wantCached(t, u.run(words...).stderr)
}

func TestBuildWithoutCacheOptionsIsBuildx(t *testing.T) {
	u := newUser(t, shared.remote)
	out := filepath.Join(t.TempDir(), "out")
	u.run(build(image(t), "--output", "type=local,dest="+out)...)
	if _, err := os.Stat(filepath.Join(out, "copy")); err != nil {
		t.Error(err)
	}
}

func TestBuildFailsAsBuildxDoes(t *testing.T) {
	u := newUser(t, shared.remote)
	u.enter(serve(t))
	dir := image(t, `RUN ["example", "exit", "7"]`)
	want := u.try("buildx", "build", dir)
	got := u.try(build(dir, toAndFrom("app")...)...)
	if want.code == 0 || got.code != want.code {
		t.Errorf("exit %d, buildx has %d", got.code, want.code)
	}
	wantText(t, got.stderr, `process "example exit 7" did not complete successfully: exit code: 7`)
}

func TestReadOnlyToken(t *testing.T) {
	u := newUser(t, shared.remote)
	s := serve(t)
	u.enter(s)
	dir := image(t)
	u.run(build(dir, toAndFrom("app")...)...)

	u.set("ACTIONS_RUNTIME_TOKEN", s.token(t, "--ref", "refs/heads/main:ro"))
	u.forget()
	r := u.run(build(dir, "--cache-from", "type=gha,scope=app", "--cache-to", "type=gha,mode=max,scope=fork")...)
	wantCached(t, r.stderr)
	wantText(t, r.stderr, "::warning::", "cache-to")

	u.forget()
	if steps := uncached(t, u.run(build(dir, "--cache-from", "type=gha,scope=fork")...).stderr); len(steps) != 4 {
		t.Errorf("the read-only token has written the cache: %q were run", steps)
	}
}

func TestNoToken(t *testing.T) {
	for name, c := range map[string]struct {
		set   string // to true
		words []string
		code  int
		says  []string
	}{
		"in a job, the step lacks the runtime":   {"GITHUB_ACTIONS", toAndFrom("app"), 1, []string{"ghaction-github-runtime", "uses:"}},
		"in a job, errors are ignored":           {"GITHUB_ACTIONS", []string{"--cache-to", "type=gha,ignore-error=true"}, 0, []string{"::warning::"}},
		"outside a job, the entry is left out":   {"", toAndFrom("app"), 0, []string{"warning"}},
		"outside a job, strict about it":         {"", append(toAndFrom("app"), "--gha-strict"), 1, []string{"ACTIONS_RUNTIME_TOKEN"}},
		"outside a job, strict by its variable":  {"GHACACHE_STRICT", toAndFrom("app"), 1, []string{"ACTIONS_RUNTIME_TOKEN"}},
		"outside a job, nobody asked for caches": {"", nil, 0, nil},
	} {
		t.Run(name, func(t *testing.T) {
			u := newUser(t, shared.remote)
			if c.set != "" {
				u.set(c.set, "true")
			}
			r := u.try(build(image(t), c.words...)...)
			if r.code != c.code {
				t.Errorf("exit %d, want %d", r.code, c.code)
			}
			wantText(t, r.stderr, c.says...)
			if built := len(stepLine.FindAllString(r.stderr, -1)) > 0; built != (c.code == 0) {
				t.Errorf("built: %v", built)
			}
		})
	}
}
