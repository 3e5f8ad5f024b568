package main

import (
	"context"
	"crypto/sha256"
	"debug/buildinfo"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
)

// program is the plugin for one platform.
type program struct {
	name, path   string // path is that of the file name
	os, arch     string
	version      string // as Go stamped it, such as v1.2.3
	sum          string // SHA-256 of the file, in hex
	dependencies []*debug.Module
}

// clean are the variables that change what is built. GOFLAGS is set because it can switch off the stamp of the version.
func clean(platform string) []string {
	system, arch, _ := strings.Cut(platform, "/")
	return []string{"GOOS=" + system, "GOARCH=" + arch, "CGO_ENABLED=0", "GOFLAGS=-mod=readonly -trimpath", "GOEXPERIMENT=", "GOAMD64=v1", "GOARM64=v8.0", "GOWORK=off"}
}

// assetName is the name of the program in a release. gh finds extensions by its end.
func assetName(platform string) string {
	name := "docker-ghacache-" + strings.Replace(platform, "/", "-", 1)
	if strings.HasPrefix(platform, "windows/") {
		name += ".exe"
	}
	return name
}

func build(ctx context.Context, dist, platform string) (program, error) {
	path := filepath.Join(dist, assetName(platform))
	if err := compile(ctx, nil, path, platform); err != nil {
		return program{}, err
	}
	return inspect(path)
}

// compile needs the helpers.
func compile(ctx context.Context, env []string, path, platform string) error {
	return command(ctx, append(clean(platform), env...), "go", "build", "-buildvcs=true", "-tags", "helper", "-ldflags", "-s -w", "-o", path, "./cmd/docker-ghacache")
}

// buildHelpers builds what packs cache mounts inside builders. Every program has it for both architectures: the builder of a laptop
// or of a job can be on another one.
func buildHelpers(ctx context.Context, env []string) error {
	if err := os.RemoveAll("internal/mounts/bin"); err != nil {
		return err
	}
	return command(ctx, append(clean("linux/amd64"), env...), "make", "--no-print-directory", "helpers", "HELPERS=amd64 arm64")
}

// inspect reads what Go recorded in a program.
func inspect(path string) (program, error) {
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		return program{}, err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return program{}, err
	}
	p := program{name: filepath.Base(path), path: path, version: info.Main.Version, sum: fmt.Sprintf("%x", sha256.Sum256(data)), dependencies: info.Deps}
	for _, s := range info.Settings {
		switch s.Key {
		case "GOOS":
			p.os = s.Value
		case "GOARCH":
			p.arch = s.Value
		}
	}
	if p.version == "" || p.version == "(devel)" {
		return program{}, fmt.Errorf("%s has no version: it must be built in a git clone, and Go does not know worktrees", p.name)
	}
	return p, nil
}

func writeChecksums(dist string) error {
	entries, err := os.ReadDir(dist)
	if err != nil {
		return err
	}
	var list strings.Builder
	for _, e := range entries {
		if e.IsDir() {
			continue
		}
		data, err := os.ReadFile(filepath.Join(dist, e.Name()))
		if err != nil {
			return err
		}
		fmt.Fprintf(&list, "%x  %s\n", sha256.Sum256(data), e.Name())
	}
	if list.Len() == 0 {
		return errors.New("the release is empty")
	}
	return os.WriteFile(filepath.Join(dist, "checksums.txt"), []byte(list.String()), 0o644)
}
