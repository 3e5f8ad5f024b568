package builders

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/process"
	"github.com/docker-ghacache/docker-ghacache/internal/release"
	"github.com/docker/cli/cli-plugins/manager"
	"github.com/docker/cli/cli-plugins/metadata"
	"github.com/docker/cli/cli/config"
	"github.com/spf13/cobra"
)

const installBuildx = `https://docs.docker.com/go/buildx/
apt-get install docker-buildx-plugin, or docker-buildx where the distribution packages Docker`

// Buildx is the buildx plugin that docker would run.
type Buildx struct {
	Path string
	// Version is what the plugin says of itself: v0.21.0, 0.21.3+ds1, or v0.0.0+unknown.
	Version string
}

// FindBuildx looks where docker looks for plugins and takes the one that docker
// would take. A missing or broken one is an error whose hint says how to install it.
// It runs the plugin's metadata command, once for each file that it finds. It is
// safe to run at the same time as [Resolve] once dockerCLI is initialized.
func FindBuildx(dockerCLI config.Provider) (Buildx, error) {
	path, identity := pluginFile(dockerCLI.ConfigFile(), "docker-buildx")
	known := openMemory()
	if version, ok := known.recall("buildx " + identity); ok && !release.Before(version, release.Buildx) {
		return Buildx{Path: path, Version: version}, nil // one that would be refused is asked again
	}
	found, err := AskBuildx(dockerCLI)
	if err == nil && found.Path == path {
		known.learn("buildx "+identity, found.Version)
	}
	return found, err
}

// AskBuildx is [FindBuildx] without its memory: docker's plugin manager finds buildx
// and runs its metadata command.
func AskBuildx(dockerCLI config.Provider) (Buildx, error) {
	p, err := manager.GetPlugin("buildx", dockerCLI, &cobra.Command{})
	if errdefs.IsNotFound(err) {
		return Buildx{}, hint.With(errors.New("buildx is not installed"), installBuildx)
	}
	if err != nil {
		return Buildx{}, fmt.Errorf("looking for buildx: %w", err)
	}
	if p.Err != nil {
		return Buildx{}, hint.With(fmt.Errorf("%s is not a usable plugin: %w", p.Path, p.Err), installBuildx)
	}
	return Buildx{Path: p.Path, Version: p.Version}, nil
}

// Command is buildx with args, in env. Where env says that docker started this
// program, buildx runs as docker's plugin too, after the global flags that
// docker was given (--context, --config, -D, …); else it runs on its own, which
// knows no global flags.
func (b Buildx) Command(env, global []string, args ...string) process.Command {
	if startedByDocker(env) {
		args = slices.Concat(global, []string{"buildx"}, args)
	}
	return process.Command{Path: b.Path, Args: args, Env: env}
}

func startedByDocker(env []string) bool {
	return slices.ContainsFunc(env, func(e string) bool {
		v, ok := strings.CutPrefix(e, metadata.ReexecEnvvar+"=")
		return ok && v != ""
	})
}
