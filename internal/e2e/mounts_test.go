package e2e

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// startEmpty is a builder that no other test uses.
func startEmpty() (string, error) {
	return shared.startBuildkitd("empty", shared.bin("buildkitd"))
}

// forgetMounts empties a builder of a user.
func (u *user) forgetMounts() {
	u.t.Helper()
	u.forget()
	wantText(u.t, u.run("buildx", "du").stdout, "Total:")
}

// moduleProxy serves a module to go until it refuses.
type moduleProxy struct {
	*httptest.Server
	refuses atomic.Bool
	asked   atomic.Int32
}

func newModuleProxy(t *testing.T) *moduleProxy {
	var content bytes.Buffer
	z := zip.NewWriter(&content)
	for name, text := range map[string]string{"go.mod": "module example.com/dep\n\ngo 1.21\n", "dep.go": "package dep\n\nconst Word = `from the module`\n"} {
		w, err := z.Create("example.com/dep@v1.0.0/" + name)
		check(t, err)
		_, err = w.Write([]byte(text))
		check(t, err)
	}
	check(t, z.Close())
	files := map[string]string{
		"list": "v1.0.0\n", "v1.0.0.info": `{"Version":"v1.0.0","Time":"2026-01-01T00:00:00Z"}`,
		"v1.0.0.mod": "module example.com/dep\n\ngo 1.21\n", "v1.0.0.zip": content.String(),
	}
	p := &moduleProxy{}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.asked.Add(1)
		file, ok := files[strings.TrimPrefix(r.URL.Path, "/example.com/dep/@v/")]
		if p.refuses.Load() || !ok {
			http.Error(w, "no downloads", http.StatusForbidden)
			return
		}
		_, _ = w.Write([]byte(file)) // go sees if it is cut
	}))
	t.Cleanup(p.Close)
	return p
}

// goProject is a context that builds a Go program with a module, with the machine's own Go.
func goProject(t *testing.T, p *moduleProxy) (dir string, words []string) {
	t.Helper()
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	check(t, err)
	dir = t.TempDir()
	for name, text := range map[string]string{
		"go.mod":  "module example.com/main\n\ngo 1.21\n\nrequire example.com/dep v1.0.0\n",
		"main.go": "package main\n\nimport \"example.com/dep\"\n\nfunc main() { println(dep.Word) }\n",
		"seed":    dir,
		"Dockerfile": `FROM scratch
COPY . /src
WORKDIR /src
ENV GOFLAGS=-mod=mod GOSUMDB=off CGO_ENABLED=0 HOME=/root GOPATH=/go
ARG GOPROXY
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build --mount=from=go,target=/usr/local/go --mount=type=tmpfs,target=/tmp ["/usr/local/go/bin/go", "build", "-x", "-o", "/main", "."]
`,
	} {
		check(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	return dir, []string{"--build-context", "go=" + strings.TrimSpace(string(goroot)), "--build-arg", "GOPROXY=" + p.URL}
}

func TestAGoModuleCacheMovesToABuilderThatNeverSawIt(t *testing.T) {
	for driver, part := range map[string]func() (string, error){"remote": startEmpty, "docker-container": shared.container} {
		t.Run(driver, func(t *testing.T) {
			p := newModuleProxy(t)
			u := newUser(t, shared.remote)
			u.enter(serve(t, "--ref", mainRef))
			u.forgetMounts()
			dir, words := goProject(t, p)
			u.slow = 5 * time.Minute
			r := u.run(build(dir, append(words, "--gha-mounts")...)...)
			wantText(t, r.stderr, "cache mounts: saved /go/pkg/mod", "cache mounts: saved /root/.cache/go-build")
			asked := p.asked.Load()
			if asked == 0 {
				t.Fatal("the proxy was not asked")
			}
			p.refuses.Store(true)
			u.set("BUILDX_BUILDER", need(t, part))
			u.forgetMounts()
			dir, words = goProject(t, p)
			if r := u.try(build(dir, words...)...); r.code == 0 {
				t.Error("without its mounts, the build did not need the proxy")
			}
			u.forgetMounts()
			asked = p.asked.Load()
			r = u.run(build(dir, append(words, "--gha-mounts")...)...)
			wantText(t, r.stderr, "cache mounts: restored /go/pkg/mod", "cache mounts: restored /root/.cache/go-build")
			if now := p.asked.Load(); now != asked {
				t.Errorf("the proxy was asked %d times", now-asked)
			}
			if strings.Contains(r.stderr, "/compile -o") && strings.Contains(r.stderr, "-p runtime ") {
				t.Error("the runtime was compiled again")
			}
		})
	}
}

// mountImage has mounts with an ID of the test, one of them with an owner.
func mountImage(t *testing.T, id, verb, file string) string {
	return image(t, fmt.Sprintf(`RUN --mount=type=cache,id=%[1]s,target=/a --mount=type=cache,id=%[1]s-owned,target=/b,uid=1000,gid=1001,mode=0700 ["example", %[2]q, %[3]s]`, id, verb, file),
		fmt.Sprintf(`RUN --mount=type=cache,id=%s-owned,target=/b,uid=1000,gid=1001,mode=0700 ["example", %q, %s]`, id, verb, strings.Replace(file, "/a/", "/b/", 1)))
}

func TestMountsAreRestoredIntoBothDrivers(t *testing.T) {
	for driver, part := range map[string]func() (string, error){"remote": shared.remote, "docker-container": shared.container} {
		t.Run(driver, func(t *testing.T) {
			u := newUser(t, part)
			u.enter(serve(t, "--ref", mainRef))
			r := u.run(build(mountImage(t, driver, "write", `"/a/data", "1000000"`), "--gha-mounts")...)
			wantText(t, r.stderr, "cache mounts: saved "+driver+":", "cache mounts: saved "+driver+"-owned (uid=1000,gid=1001,mode=0700):")
			u.forgetMounts()
			read := mountImage(t, driver, "copy", `"/a/data", "/copy"`)
			r = u.run(build(read, "--gha-mounts")...)
			wantText(t, r.stderr, "cache mounts: restored "+driver+":", "cache mounts: restored "+driver+"-owned")
			if strings.Contains(r.stderr, "cache mounts: saved") {
				t.Error("mounts that did not change were saved")
			}
			u.run(build(read, "--gha-mounts")...)
			if n := strings.Count(u.run("buildx", "du", "--verbose").stdout, "local source for helper"); n != 1 {
				t.Errorf("after two builds, the builder has %d helpers", n)
			}
			u.forgetMounts()
			r = u.try(build(read, "--gha-mounts=*-owned")...)
			if strings.Contains(r.stderr, "restored "+driver+":") || !strings.Contains(r.stderr, "restored "+driver+"-owned") {
				t.Error("the glob selects other mounts")
			}
		})
	}
}

func TestMountsOfBake(t *testing.T) {
	u := newUser(t, shared.remote)
	u.enter(serve(t, "--ref", mainRef))
	u.dir = mountImage(t, "bake", "write", `"/a/data", "1000000"`)
	check(t, os.WriteFile(filepath.Join(u.dir, "docker-bake.hcl"), []byte("target \"default\" {\n  context = \".\"\n}\n"), 0o600))
	u.set("GHACACHE_MOUNTS", "true")
	wantText(t, u.run("ghacache", "bake", "--progress=plain").stderr, "cache mounts: saved bake:")
	u.forgetMounts()
	wantText(t, u.run("ghacache", "bake", "--progress=plain").stderr, "cache mounts: restored bake:")
}

func TestMountsOfAPullRequestDoNotReachTheDefaultBranch(t *testing.T) {
	u := newUser(t, shared.remote)
	s := serve(t, "--ref", mainRef)
	u.enter(s)
	own := u.env["ACTIONS_RUNTIME_TOKEN"]
	u.set("ACTIONS_RUNTIME_TOKEN", s.token(t, "--ref", "refs/pull/1/merge"))
	wantText(t, u.run(build(mountImage(t, "fork", "write", `"/a/data", "1000"`), "--gha-mounts")...).stderr, "cache mounts: saved fork:")
	u.forgetMounts()
	u.set("ACTIONS_RUNTIME_TOKEN", own)
	r := u.run(build(mountImage(t, "fork", "write", `"/a/data", "1000"`), "--gha-mounts")...)
	if strings.Contains(r.stderr, "restored") {
		t.Error("the default branch restores what a pull request saved")
	}
}

func TestMountsFailWithoutFailingTheBuild(t *testing.T) {
	id := 0
	for name, c := range map[string]struct {
		fault, want string
	}{
		"the service refuses uploads":     {"PUT /devstoreaccount1/*:403", "warning: cache mounts: "},
		"the service is down for lookups": {"POST *GetCacheEntryDownloadURL:500", "warning: cache mounts: "},
	} {
		t.Run(name, func(t *testing.T) {
			id++
			u := newUser(t, shared.remote)
			u.enter(serve(t, "--ref", mainRef, "--fault", c.fault))
			u.set("GITHUB_ACTIONS", "")
			r := u.run(build(mountImage(t, fmt.Sprintf("fault-%d", id), "write", `"/a/data", "1000"`), "--gha-mounts")...)
			wantText(t, r.stderr, c.want)
		})
	}
	t.Run("there is no job", func(t *testing.T) {
		u := newUser(t, shared.remote)
		r := u.run(build(mountImage(t, "nojob", "write", `"/a/data", "1000"`), "--gha-mounts")...)
		wantText(t, r.stderr, "warning: cache mounts: they are neither restored nor saved: there is no ACTIONS_RUNTIME_TOKEN outside of a job", "hint: docker ghacache serve -- docker ghacache …")
		r = u.try("ghacache", "mounts", "save")
		wantText(t, r.stderr, "error: there is no ACTIONS_RUNTIME_TOKEN outside of a job", "hint: docker ghacache serve -- docker ghacache …")
	})
}

func TestMountsHaveALimit(t *testing.T) {
	u := newUser(t, shared.remote)
	u.enter(serve(t, "--ref", mainRef))
	dir := image(t, `RUN --mount=type=cache,id=limit-large,target=/a ["example", "write", "/a/data", "5000000"]`,
		`RUN --mount=type=cache,id=limit-small,target=/b ["example", "write", "/b/data", "1000"]`)
	r := u.run(build(dir, "--gha-mounts", "--gha-mounts-max=1MB")...)
	wantText(t, r.stderr, "limit-large has", "is not saved, because of --gha-mounts-max=1MB", "cache mounts: saved limit-small")
	if strings.Contains(r.stderr, "saved limit-large") {
		t.Error("the large one was saved")
	}
}

func TestThePluginIsItsOwnHelper(t *testing.T) {
	u := newUser(t, shared.remote)
	plain := filepath.Join(t.TempDir(), "docker-ghacache")
	_, err := shared.exec("go", "build", "-o", plain, filepath.Join(shared.root, "cmd/docker-ghacache")) // as go install does
	check(t, err)
	link := filepath.Join(u.env["DOCKER_CONFIG"], "cli-plugins", "docker-ghacache")
	check(t, os.Remove(link))
	check(t, os.Symlink(plain, link))
	u.enter(serve(t, "--ref", mainRef))
	wantText(t, u.run(build(mountImage(t, "self", "write", `"/a/data", "1000"`), "--gha-mounts")...).stderr, "cache mounts: saved self:")
	r := u.run(build(mountImage(t, "self2", "write", `"/a/data", "1000"`), "--gha-mounts", "--gha-mounts-helper=/etc/passwd")...)
	wantText(t, r.stderr, "is not a program for linux", "GOARCH=")
}

func TestMountsByHand(t *testing.T) {
	u := newUser(t, shared.remote)
	s := serve(t, "--ref", mainRef)
	u.enter(s)
	schema, err := jsonschema.NewCompiler().Compile(filepath.Join(shared.root, "docs/schema/mounts-ls.json"))
	check(t, err)
	dir := mountImage(t, "hand", "write", `"/a/data", "1000000"`)
	u.run("buildx", "build", dir)
	u.dir = dir
	wantText(t, u.run("ghacache", "mounts", "ls").stdout, "hand ", "hand-owned", "not saved")
	wantText(t, u.run("ghacache", "mounts", "save", "--file", "Dockerfile").stdout, "hand\tsaved", "hand-owned (uid=1000,gid=1001,mode=0700)\tsaved")
	for line := range strings.Lines(u.run("ghacache", "mounts", "ls", "--format", "json").stdout) {
		var mount any
		check(t, json.Unmarshal([]byte(line), &mount))
		check(t, schema.Validate(mount))
	}
	wantMatch(t, u.run("ghacache", "mounts", "ls", "--format", "{{.Mount}} {{.Platform}} {{.Ref}} {{.State}}").stdout, `(?m)^hand linux-\w+ refs/heads/main on both$`)
	wantText(t, u.run("ghacache", "mounts", "save", "--file", "Dockerfile").stdout, "hand\tunchanged", "hand-owned (uid=1000,gid=1001,mode=0700)\tunchanged")
	u.run("ghacache", "mounts", "rm", "hand*")
	if r := u.run("ghacache", "mounts", "ls"); strings.Contains(r.stdout, "hand ") && !strings.Contains(r.stdout, "saved") {
		t.Error("they are there")
	}
	wantText(t, u.run("ghacache", "mounts", "restore", "--file", "Dockerfile").stdout, "hand\trestored", "hand-owned (uid=1000,gid=1001,mode=0700)\trestored")
	wantText(t, u.run("ghacache", "mounts", "restore", "--file", "Dockerfile").stdout, "hand\toccupied")
	r := u.run("ghacache", "mounts", "restore", "nope", "hand")
	wantText(t, r.stdout, "nope\tmissing", "hand\toccupied")
	wantText(t, r.stderr, "::warning::nothing is saved of cache mount nope", "hint: docker ghacache mounts ls")
	if r := u.try("ghacache", "mounts", "restore", "--file", "Dockerfile", "nope", "hand"); r.code != 1 || !strings.Contains(r.stderr, `::error::the build of Dockerfile uses no cache mount "nope" that can be restored`) {
		t.Errorf("exit %d, %s", r.code, r.stderr)
	}
	check(t, os.WriteFile(filepath.Join(dir, "none"), []byte("FROM scratch\n"), 0o600))
	u.run("ghacache", "mounts", "save", "--file", "none") // a job that saves mounts works for every image
	u.run("ghacache", "mounts", "restore", "--file", "none")
}

// Ctrl-C while a mount is being restored leaves it empty or removed: the next build finds nothing, or everything.
func TestAnInterruptedRestoreLeavesNoHalf(t *testing.T) {
	u := newUser(t, shared.remote)
	s := serve(t, "--ref", mainRef)
	u.enter(s)
	u.run(build(image(t, `RUN --mount=type=cache,id=half,target=/a ["example", "write", "/a/data", "60000000"]`), "--gha-mounts")...)
	u.forgetMounts()
	dir := image(t, `RUN --mount=type=cache,id=half,target=/a ["example", "copy", "/a/data", "/copy"]`)
	cmd := u.command(t.Context(), build(dir, "--gha-mounts")...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	check(t, cmd.Start())
	if !within(20*time.Second, func() bool { return strings.Contains(u.run("buildx", "du", "--verbose").stdout, "exec.cachemount") }) {
		t.Fatal("no mount appeared")
	}
	check(t, cmd.Process.Signal(os.Interrupt))
	_ = cmd.Wait() // interrupted
	out := u.run("buildx", "du", "--verbose").stdout
	if strings.Contains(out, `"/half"`) && !strings.Contains(stderr.String(), "restored half") {
		t.Errorf("the builder has a mount that was not restored:\n%s", out)
	}
}
