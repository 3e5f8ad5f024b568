package e2e

import (
	"encoding/json"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// everyDocker runs a test with the machine's docker and with the pinned one.
func everyDocker(t *testing.T, test func(*testing.T, *user)) {
	dockers := map[string]string{"pinned docker": shared.bin("docker")}
	if path, err := exec.LookPath("docker"); err == nil {
		dockers["machine's docker"] = path
	}
	for name, path := range dockers {
		t.Run(name, func(t *testing.T) {
			u := newUser(t, shared.remote)
			u.docker = path
			t.Log(u.run("--version").stdout)
			test(t, u)
		})
	}
}

func TestPlugin(t *testing.T) {
	everyDocker(t, func(t *testing.T, u *user) {
		wantMatch(t, u.run("--help").stdout, `(?m)^\s+ghacache\*?\s+\w`)
		wantText(t, u.try("info").stdout, "ghacache: ")
		wantText(t, u.run("ghacache", "--help").stdout, "docker ghacache", "build", "bake", "serve", "version")
		wantText(t, u.run("ghacache", "version").stdout, "buildx", "v0.37.2")
		if r := u.try("ghacache", "buidl"); r.code != 125 {
			t.Errorf("unknown command: exit %d", r.code)
		} else {
			wantText(t, r.stderr, `"buidl"`, "build")
		}
	})
}

func TestPluginBuilds(t *testing.T) {
	everyDocker(t, func(t *testing.T, u *user) {
		u.enter(serve(t))
		dir := image(t)
		u.run(build(dir, toAndFrom("app")...)...)
		u.forget()
		wantCached(t, u.run(build(dir, toAndFrom("app")...)...).stderr)
	})
}

func TestCompletion(t *testing.T) {
	everyDocker(t, func(t *testing.T, u *user) {
		for line, want := range map[string]string{
			"ghacache bu":                     "build",
			"ghacache build --pl":             "--platform",
			"ghacache build --builder re":     "remote",
			"ghacache bake --pr":              "--print",
			"ghacache build --gha-s":          "--gha-strict",
			"ghacache bake --gha-scope-per-t": "--gha-scope-per-target",
		} {
			got := u.run(append([]string{"__complete"}, strings.Fields(line)...)...).stdout
			wantMatch(t, got, `(?m)^`+want+`\b`)
		}
	})
}

func TestMetadata(t *testing.T) {
	u := newUser(t, shared.remote)
	u.docker = shared.bin("docker-ghacache")
	var metadata struct{ SchemaVersion, Vendor, Version, ShortDescription string }
	check(t, json.Unmarshal([]byte(u.run("docker-cli-plugin-metadata").stdout), &metadata))
	if metadata.SchemaVersion != "0.1.0" || metadata.Vendor == "" || metadata.Version == "" || metadata.ShortDescription == "" {
		t.Errorf("got %+v", metadata)
	}
}

func TestStandalone(t *testing.T) {
	u := newUser(t, shared.remote)
	u.enter(serve(t))
	u.docker = shared.bin("docker-ghacache")
	dir := image(t)
	words := append(append([]string{"build"}, toAndFrom("app")...), dir)
	u.run(words...)
	wantCached(t, u.run(words...).stderr)
	if r := u.try("buidl"); r.code != 125 {
		t.Errorf("unknown command: exit %d", r.code)
	}
}

func wantMatch(t *testing.T, text, pattern string) {
	t.Helper()
	if !regexp.MustCompile(pattern).MatchString(text) {
		t.Errorf("%s does not match\n%s", pattern, text)
	}
}
