// Command record runs the commands of the README's picture on a terminal and writes
// what the terminal shows as docs/terminal.svg. It runs under hack/lab, with a real
// builder and the embedded cache service.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

const picture = "docs/terminal.svg"

// build is the command line that the picture is about. Its lines are shell.
const build = `docker ghacache build --load -t app . \
  --cache-to type=gha,mode=max,scope=app --cache-from type=gha,scope=app`

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "record:", err)
		os.Exit(1)
	}
}

func run() error {
	dir, err := os.MkdirTemp("", "ghacache-record-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := project(dir); err != nil {
		return fmt.Errorf("preparing the example: %w", err)
	}
	shell := shell{dir: dir}
	builder := os.Getenv("BUILDX_BUILDER")
	if err := os.Unsetenv("BUILDX_BUILDER"); err != nil { // so that the default builder is the current one
		return err
	}
	refused := shell.show("The default builder cannot export this cache. The plugin says so before the build starts:", build)

	// A job before this one has filled the cache, and this one has a new builder.
	shell.must("docker buildx use " + builder)
	shell.must(build)
	shell.must("docker buildx prune --all --force")
	shell.must("docker buildx use default")

	cached := shell.show("On a builder that can, and that is new and empty, no step runs. The results come from the cache:", "docker buildx use "+builder, build)
	usage := shell.show("What is in the cache:", "docker ghacache du")
	if shell.err != nil {
		return shell.err
	}
	return os.WriteFile(picture, svg(refused, cached, usage), 0o644)
}

// project puts the example into a folder, ready to build.
func project(dir string) error {
	if err := os.CopyFS(dir, os.DirFS("hack/example")); err != nil {
		return err
	}
	program := exec.Command("go", "build", "-o", filepath.Join(dir, "example"), "./hack/example")
	program.Env = append(os.Environ(), "CGO_ENABLED=0")
	program.Stderr = os.Stderr
	return program.Run()
}
