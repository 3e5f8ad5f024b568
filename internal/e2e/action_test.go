package e2e

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// published serves the releases of a mirror, which has the plugin under test as v1.2.3 and as the latest one. It returns the URL of
// the mirror and the folder of the release.
func published(t *testing.T) (url, dir string) {
	t.Helper()
	program, err := os.ReadFile(shared.bin("docker-ghacache"))
	check(t, err)
	return publish(t, program)
}

func publish(t *testing.T, program []byte) (url, dir string) {
	t.Helper()
	dir = t.TempDir()
	check(t, os.WriteFile(filepath.Join(dir, asset), program, 0o600))
	check(t, os.WriteFile(filepath.Join(dir, "checksums.txt"), fmt.Appendf(nil, "%x  %s\n", sha256.Sum256(program), asset), 0o600))
	mux := http.NewServeMux()
	for _, path := range []string{"/latest/download/", "/download/v1.2.3/"} {
		mux.Handle(path, http.StripPrefix(path, http.FileServer(http.Dir(dir))))
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL, dir
}

// asset is the plugin for this machine in a release.
const asset = "docker-ghacache-" + runtime.GOOS + "-" + runtime.GOARCH

// jobRunner is a runner whose docker has the docker driver only, and whose releases are a mirror.
func jobRunner(t *testing.T, s *service) *runner {
	t.Helper()
	u := dockerDriver(t, shared.withoutGHA)
	if u.try("inspect", "buildx_buildkit_ghacache0").code == 0 {
		missing(t, errors.New("this Engine has a builder named ghacache"))
	}
	for name := range s.env { // dockerDriver gave the job another service, and every step its credentials
		u.set(name, "")
	}
	u.set("BUILDX_BUILDER", "")
	r := newRunner(t, u, s)
	url, _ := published(t)
	u.set("GHACACHE_RELEASES", url)
	return r
}

// installed is a runner with a builder that needs no creating, for tests of the rest.
func installed(t *testing.T, s *service) *runner {
	t.Helper()
	u := newUser(t, shared.remote)
	r := newRunner(t, u, s)
	r.workspace = image(t)
	url, _ := published(t)
	u.set("GHACACHE_RELEASES", url)
	return r
}

func action(pairs ...string) step {
	s := step{ID: "ghacache", Uses: "docker-ghacache/docker-ghacache@v1", With: map[string]string{}}
	for i := 0; i < len(pairs); i += 2 {
		s.With[pairs[i]] = pairs[i+1]
	}
	return s
}

func TestActionExposesTheRuntime(t *testing.T) {
	s := serve(t)
	r := installed(t, s)
	seen := step{Run: `echo "token ${#ACTIONS_RUNTIME_TOKEN} at $ACTIONS_RESULTS_URL, v2 $ACTIONS_CACHE_SERVICE_V2, GITHUB_TOKEN '${GITHUB_TOKEN-}', write $GHACACHE_WRITE"; docker-ghacache version`}
	if log := r.job([]step{seen}); !strings.Contains(log, "token 0 at ,") {
		t.Fatalf("without the action a step has\n%s", log)
	}
	r.failed = false
	log := r.job([]step{action("write", "default-branch"), seen})
	wantText(t, log, fmt.Sprintf("token %d at %s, v2 true, GITHUB_TOKEN '', write default-branch", len(s.env["ACTIONS_RUNTIME_TOKEN"]), s.env["ACTIONS_RESULTS_URL"]),
		"::add-mask::"+s.env["ACTIONS_RUNTIME_TOKEN"], "has the remote driver")
	info, err := os.Stat(filepath.Join(r.dir, "ENV"))
	check(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("$GITHUB_ENV, which has the token, has the mode %v", info.Mode())
	}
}

func TestActionOutputs(t *testing.T) {
	for name, c := range map[string]struct {
		refs     []string
		inputs   []string
		from, to string // but for the URL
	}{
		"a job that writes": {nil, []string{"scope", "app", "mode", "min"}, "type=gha,scope=app,", "type=gha,mode=min,scope=app,"},
		"a job that reads":  {[]string{"--ref", "refs/heads/main:ro"}, nil, "type=gha,", ""},
		"only main writes":  {[]string{"--ref", "refs/heads/x", "--ref", "refs/heads/main:ro"}, []string{"write", "never"}, "type=gha,", ""},
		"a mistaken mode":   {nil, []string{"mode", "full"}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, c.refs...)
			r := installed(t, s)
			log := r.job([]step{action(c.inputs...)})
			if r.failed {
				t.Error("the action failed")
			}
			for output, want := range map[string]string{"cache-from": c.from, "cache-to": c.to} {
				if want != "" {
					want += "url_v2=" + s.env["ACTIONS_RESULTS_URL"] + ",version=2"
				}
				if got, ok := r.outputs["ghacache"][output]; got != want || !ok {
					t.Errorf("%s: %q, want %q", output, got, want)
				}
			}
			if warned := strings.Contains(log, "::warning::"); warned != (c.to == "" && c.inputs == nil || c.from == "") {
				t.Errorf("a warning: %v", warned)
			}
		})
	}
}

// A job that prunes has no builder, and one that creates its builder in a later step has none yet.
func TestActionThatLeavesBuildersAloneDoesNotWarnOfThem(t *testing.T) {
	for builder, warns := range map[string]bool{"none": false, "default": true} {
		t.Run(builder, func(t *testing.T) {
			log := jobRunner(t, serve(t)).job([]step{action("builder", builder)})
			wantText(t, log, "uses the docker driver")
			if strings.Contains(log, "::warning::") != warns {
				t.Errorf("it warns, or does not:\n%s", log)
			}
		})
	}
}

func TestActionInstalls(t *testing.T) {
	for name, c := range map[string]struct {
		inputs []string
		spoil  func(dir string) error // what is wrong with the release
		want   string                 // in the log; of a failure, if the release is broken
	}{
		"the latest release":        {nil, nil, "docker-ghacache "},
		"a release":                 {[]string{"version", "v1.2.3"}, nil, "docker-ghacache "},
		"a release that is missing": {[]string{"version", "v9.9.9"}, func(string) error { return nil }, "/download/v9.9.9/checksums.txt: 404"},
		"this commit":               {[]string{"version", "source"}, nil, "building docker-ghacache from source"},
		"a word":                    {[]string{"version", "newest"}, func(string) error { return nil }, `"newest" is not a release`},
		"a program that was changed": {nil, func(dir string) error {
			return os.WriteFile(filepath.Join(dir, asset), []byte("#!/bin/sh\necho mine\n"), 0o600)
		}, "and checksums.txt has"},
		"a program without a checksum": {nil, func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "checksums.txt"), nil, 0o600)
		}, "does not list docker-ghacache-"},
	} {
		t.Run(name, func(t *testing.T) {
			r := installed(t, serve(t))
			url, dir := published(t)
			r.u.set("GHACACHE_RELEASES", url)
			for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOFLAGS"} { // as on a runner with a Go cache
				value, err := shared.exec("go", "env", name)
				check(t, err)
				r.u.set(name, value)
			}
			if c.spoil != nil {
				check(t, c.spoil(dir))
			}
			log := r.job([]step{action(c.inputs...)})
			wantText(t, log, c.want)
			if c.spoil != nil && !strings.Contains(log, "::error::") || r.failed != (c.spoil != nil) {
				t.Errorf("the action failed: %v", r.failed)
			}
			_, err := os.Stat(filepath.Join(r.u.env["DOCKER_CONFIG"], "cli-plugins", "docker-ghacache"))
			if (err == nil) != (c.spoil == nil) {
				t.Errorf("docker has the plugin: %v", err)
			}
		})
	}
}

func TestActionKeepsTheProgramInTheToolCache(t *testing.T) {
	r := installed(t, serve(t))
	url, dir := published(t)
	r.u.set("GHACACHE_RELEASES", url)
	r.job([]step{action()})
	check(t, os.Remove(filepath.Join(dir, asset))) // so that it cannot be downloaded again
	wantText(t, r.job([]step{action()}), "found "+r.u.env["RUNNER_TOOL_CACHE"])
	if r.failed {
		t.Fatal("the program in the tool cache was not used")
	}
	// A job before this one may have changed it.
	kept, err := filepath.Glob(filepath.Join(r.u.env["RUNNER_TOOL_CACHE"], "docker-ghacache", "*", "*", "docker-ghacache"))
	check(t, err)
	check(t, os.WriteFile(kept[0], []byte("#!/bin/sh\n"), 0o700))
	if r.job([]step{action()}); !r.failed {
		t.Error("a changed program was used")
	}
}

func TestActionTellsWhichOptionsThePluginLacks(t *testing.T) {
	r := installed(t, serve(t))
	old := fmt.Sprintf("#!/bin/sh\nexec %s \"$@\" | grep -v -e --gha-mounts -e --gha-relay\n", shared.bin("docker-ghacache")) // a release before them
	url, _ := publish(t, []byte(old))
	r.u.set("GHACACHE_RELEASES", url)
	log := r.job([]step{action("mounts", "*", "relay", "auto", "write", "always"), {Run: `echo "mounts '${GHACACHE_MOUNTS-}', write $GHACACHE_WRITE"`}})
	wantText(t, log, "::warning::mounts: the installed docker ghacache has no option --gha-mounts", "::warning::relay: ", "mounts '', write always")
	if strings.Contains(log, "::warning::write") || r.failed {
		t.Error("the option that the plugin has is said to lack, or the action failed")
	}
	wantText(t, r.job([]step{action("relay", "require")}), "::error::relay: the installed docker ghacache has no option --gha-relay")
}

// An action gets the runner's token in its environment, whatever the file of variables says, so that the entries have the relay's.
func TestActionRunsTheRelayInTheBackground(t *testing.T) {
	s := serve(t)
	r := jobRunner(t, s)
	r.workspace = image(t)
	steps := []step{
		action("relay", "background", "scope", "app"),
		{Run: `docker buildx build --progress plain --cache-from "${{ steps.ghacache.outputs.cache-from }}" --cache-to "${{ steps.ghacache.outputs.cache-to }}" .`},
	}
	for build := range 2 {
		log := r.job(steps)
		if r.failed {
			t.Fatal("a step failed")
		}
		if strings.Contains(log, "has no serve --upstream") {
			t.Skip("this plugin has no relay")
		}
		if rest := uncached(t, log); (len(rest) == 0) != (build == 1) {
			t.Errorf("build %d ran %q", build, rest)
		}
		if to := r.outputs["ghacache"]["cache-to"]; strings.Contains(to, "url_v2="+s.env["ACTIONS_RESULTS_URL"]) || !strings.Contains(to, ",token=") || strings.Contains(to, r.credentials["ACTIONS_RUNTIME_TOKEN"]) {
			t.Errorf("the entry does not go through the relay: %s", to)
		}
		wantMatch(t, log, `relay: .*sent \d+ layers?`)
	}
}

// In a network of its own, 127.0.0.1 is the builder itself, which a relay on this machine is not.
func TestActionWithABuilderThatCannotReachTheRelay(t *testing.T) {
	s := serve(t)
	u := newUser(t, shared.bridged)
	r := newRunner(t, u, s)
	url, _ := published(t)
	u.set("GHACACHE_RELEASES", url)
	log := r.job([]step{action("relay", "background", "scope", "app")})
	wantText(t, log, "::warning::the builder cannot use the relay; the outputs do without it")
	if got, want := r.outputs["ghacache"]["cache-to"], "type=gha,mode=max,scope=app,url_v2="+s.env["ACTIONS_RESULTS_URL"]+",version=2"; got != want || r.failed {
		t.Errorf("cache-to is %q, want %q", got, want)
	}
}

func TestActionSavesMountsWhereTheWritePolicyAllows(t *testing.T) {
	for ref, want := range map[string]string{
		"refs/heads/main": "c\tsaved",
		"refs/heads/x":    "no cache mount is saved: --gha-write=default-branch, and this build would write to x",
	} {
		t.Run(ref, func(t *testing.T) {
			r := jobRunner(t, serve(t, "--ref", ref))
			r.workspace = image(t, `RUN --mount=type=cache,id=c,target=/c ["example", "write", "/c/file", "100000"]`)
			log := r.job([]step{action("mounts", "true", "write", "default-branch"), {Run: "docker buildx build --progress plain ."}})
			if wantText(t, log, want); r.failed {
				t.Error("a step failed")
			}
		})
	}
}

// GitHub's attestations cannot be made here, so that this gh is a script. What it is asked, and what follows from its answer, is real.
func TestActionChecksTheAttestation(t *testing.T) {
	const verify = "attestation verify /tmp/download --repo docker-ghacache/docker-ghacache"
	for name, c := range map[string]struct {
		gh, token, releases string
		code                int
		want                string
	}{
		"built by this project": {`[ "$2" = --help ] || [ "$GH_TOKEN $*" = "secret ` + verify + `" ]`, "secret", "", 0, "attestation: built by docker-ghacache/docker-ghacache"},
		"built by another":      {`[ "$2" = --help ] || { echo no attestations found >&2; exit 1; }`, "secret", "", 1, "verify /tmp/download --repo docker-ghacache/docker-ghacache: no attestations found"},
		"an old gh":             {`exit 1`, "secret", "", 0, "::warning::the attestation was not checked: it needs gh 2.49 or newer"},
		"without a token":       {`exit 1`, "", "", 0, "::warning::the attestation was not checked: it needs the input github-token"},
		"of a mirror":           {`exit 1`, "secret", "https://mirror", 0, "GHACACHE_RELEASES is not GitHub"},
	} {
		t.Run(name, func(t *testing.T) {
			r := installed(t, serve(t))
			bin := t.TempDir()
			check(t, os.WriteFile(filepath.Join(bin, "gh"), []byte("#!/bin/sh\n"+c.gh+"\n"), 0o700))
			r.u.set("PATH", bin+":"+r.u.env["PATH"])
			r.u.set("GHACACHE_RELEASES", c.releases)
			log := r.exec(r.u.env, r.node, "--input-type=module", "--eval", fmt.Sprintf(
				`const {main} = await import(%q), {attest} = await import(%q); await main(() => attest("/tmp/download", %q))`,
				filepath.Join(shared.root, ".github/action/runner.mjs"), filepath.Join(shared.root, ".github/action/install.mjs"), c.token))
			wantText(t, log, c.want)
			if r.failed != (c.code != 0) {
				t.Errorf("failed: %v", r.failed)
			}
		})
	}
}
