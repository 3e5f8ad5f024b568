package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/guide"

	"github.com/google/go-containerregistry/pkg/registry"
)

// pagesOf is a variable with a folder whose pages TestGuides runs in place of the documentation's.
const pagesOf = "GHACACHE_PAGES"

// TestGuides does what the pages of the documentation tell their readers to do, in the order of the page, and compares what they
// show with what happens. Each page has a folder and a cache service of its own.
func TestGuides(t *testing.T) {
	root := shared.root
	if other := os.Getenv(pagesOf); other != "" {
		root = other
	}
	pages, err := guide.Pages(root)
	check(t, err)
	for _, name := range slices.Sorted(maps.Keys(pages)) {
		blocks, err := guide.Blocks(pages[name])
		if len(blocks) == 0 && err == nil {
			continue
		}
		t.Run(name, func(t *testing.T) {
			check(t, err)
			r := newReader(t)
			for _, block := range blocks {
				r.follow(block)
			}
		})
	}
}

// reader follows a page.
type reader struct {
	t        *testing.T
	u        *user
	shell    *shell
	registry string   // host and port
	service  *service // of the last workflow
}

// newReader has a folder with an image to build, a builder, the credentials of a cache service, and a registry.
func newReader(t *testing.T) *reader {
	t.Helper()
	u := newUser(t, shared.remote)
	images, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	startServer(t, images, whole(registry.New(registry.Logger(quiet))))
	maps.Copy(u.env, serve(t).env)
	u.dir = folderOf(t)
	u.set("PATH", programs(t)+":"+u.env["PATH"])
	url, _ := published(t)
	u.set("GHACACHE_RELEASES", url)
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOFLAGS"} { // as on a machine where somebody has used Go
		value, err := shared.exec("go", "env", name)
		check(t, err)
		u.set(name, value)
	}
	u.set("BUILDX_CONFIG", t.TempDir())
	u.run("buildx", "create", "--name", u.env["BUILDX_BUILDER"], "--driver", "remote", "unix://"+filepath.Join(shared.dir, "remote", "sock"))
	t.Cleanup(u.removeBuilders)
	return &reader{t: t, u: u, shell: newShell(t, u), registry: images.Addr().String()}
}

// whole reads each request before its handler runs. This registry holds a lock while it reads, and BuildKit, which pushes an image and
// its cache at the same time, then waits for itself.
func whole(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		handler.ServeHTTP(w, r)
	})
}

// folderOf has a Dockerfile, and folders with Dockerfiles that build on an image named base.
func folderOf(t *testing.T) string {
	t.Helper()
	dir := image(t, `RUN ["example", "write", "/data", "100000"]`, `RUN --mount=type=cache,target=/root/.cache ["example", "copy", "/data", "/root/.cache/data"]`,
		`RUN ["example", "copy", "/data", "/copy"]`)
	files := map[string]string{"base/Dockerfile": "FROM scratch\nENV PATH=/\nCOPY example /\nRUN [\"example\", \"write\", \"/data\", \"100000\"]\n"}
	check(t, os.Mkdir(filepath.Join(dir, "base"), 0o700))
	check(t, os.Link(filepath.Join(dir, "example"), filepath.Join(dir, "base", "example")))
	for _, name := range []string{"api", "web"} {
		files[name+"/Dockerfile"] = "FROM base\nCOPY name /name\nRUN [\"example\", \"copy\", \"/name\", \"/copy\"]\n"
		files[name+"/name"] = dir + name
	}
	for name, text := range files {
		writeFile(t, filepath.Join(dir, name), text)
	}
	return dir
}

func writeFile(t *testing.T, file, text string) {
	t.Helper()
	check(t, os.MkdirAll(filepath.Dir(file), 0o700))
	check(t, os.WriteFile(file, []byte(text), 0o600))
}

// programs is a folder with docker, for a machine that has none.
func programs(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	check(t, os.Symlink(shared.bin("docker"), filepath.Join(dir, "docker")))
	return dir
}

func (u *user) removeBuilders() {
	for name := range strings.Lines(u.run("buildx", "ls", "--format", "{{.Name}}").stdout) {
		if name = strings.TrimSpace(name); name != "default" && !strings.HasPrefix(name, "remote") {
			u.try("buildx", "rm", "--force", name)
		}
	}
}

// follow does what a block says.
func (r *reader) follow(block guide.Block) {
	r.t.Helper()
	block.Text = r.here(block.Text)
	if block.File != "" {
		writeFile(r.t, filepath.Join(r.u.dir, block.File), block.Text)
	}
	var err error
	switch {
	case block.Reason != "":
		err = r.readByBuildx(block)
	case block.Lang == "yaml":
		err = r.workflow(block)
	default:
		err = r.commands(block)
	}
	if errors.Is(err, errStuck) {
		r.t.Fatalf("the block at line %d: %v", block.Line, err)
	}
	if err != nil {
		r.t.Errorf("the block at line %d: %v", block.Line, err)
	}
}

// here replaces what a page calls by a name for everybody, or downloads from the internet, by what there is here.
func (r *reader) here(text string) string {
	return strings.NewReplacer(
		"ghcr.io/user/app", r.registry+"/user/app",
		"user/app", r.registry+"/user/app",
		"OWNER/NAME", r.u.env["GITHUB_REPOSITORY"],
		"/tmp/", r.u.env["HOME"]+"/",
		"127.0.0.1:8080", "127.0.0.1:0",
		"git clone https://github.com/docker-ghacache/docker-ghacache", "ln -s "+shared.root+" docker-ghacache",
		"curl -fsSL https://raw.githubusercontent.com/docker-ghacache/docker-ghacache/main/hack/install.sh | sh", "sh "+filepath.Join(shared.root, "hack/install.sh"),
		"go install github.com/docker-ghacache/docker-ghacache/cmd/docker-ghacache@latest", "install -D "+shared.bin("docker-ghacache")+" ~/go/bin/docker-ghacache",
	).Replace(text)
}

// asks tells the commands that ask for confirmation. A reader has a terminal, and answers yes.
func asks(command string) bool {
	return strings.Contains(command, "ghacache prune") && !strings.Contains(command, "--force") && !strings.Contains(command, "--dry-run")
}

// commands runs the commands of a block. One that the page shows to fail must fail.
func (r *reader) commands(block guide.Block) error {
	commands, err := block.Commands()
	if err != nil {
		return err
	}
	for _, command := range commands {
		text := command.Text
		if block.Lang == "sh" {
			text = "set -e\n" + text + "\nset +e"
		}
		if asks(text) {
			text = answering(text, "y")
		}
		output, code, err := r.shell.run(text)
		if err != nil {
			return err
		}
		r.t.Logf("$ %s: exit %d\n%s", text, code, output)
		if (code != 0) != command.Fails() {
			return fmt.Errorf("line %d: %q ended with %d, printing\n%s", command.Line, command.Text, code, output)
		}
		if err := command.Compare(output); err != nil {
			return fmt.Errorf("line %d: %w", command.Line, err)
		}
	}
	return nil
}

// readByBuildx has buildx read the options of builds that are not run.
func (r *reader) readByBuildx(block guide.Block) error {
	scripts, err := block.Scripts()
	if err != nil {
		return err
	}
	for _, script := range scripts {
		calls, err := guide.Calls(script)
		if err != nil {
			return err
		}
		for _, words := range calls {
			if len(words) == 0 || words[0] != "build" && words[0] != "bake" {
				continue // the plugin's tests read them
			}
			words = slices.DeleteFunc(slices.Clone(words), func(word string) bool { return strings.HasPrefix(word, "--gha-") })
			if out, err := exec.Command(shared.bin("docker-buildx"), append(words, "--help")...).CombinedOutput(); err != nil {
				return fmt.Errorf("buildx cannot read %q: %s", words, out)
			}
		}
	}
	return nil
}
