package builders

import (
	"cmp"
	"context"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/process"
	"github.com/docker/cli/cli-plugins/metadata"
)

// DockerVersion asks the docker CLI that started this program, else the one on PATH. Environ is what it runs with.
func DockerVersion(ctx context.Context, lookup func(string) (string, bool), environ []string) (string, error) {
	name, _ := lookup(metadata.ReexecEnvvar)
	path, err := process.Find(cmp.Or(name, "docker"))
	if err != nil {
		return "", err
	}
	stdout, _, err := process.Output(ctx, process.Command{Path: path, Args: []string{"--version"}, Env: environ})
	// Docker version 29.9.3, build 1234567
	version, _, _ := strings.Cut(strings.TrimPrefix(string(stdout), "Docker version "), ",")
	return strings.TrimSpace(version), err
}
