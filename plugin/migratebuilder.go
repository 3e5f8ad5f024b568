package plugin

import (
	"context"
	"fmt"

	"github.com/docker-ghacache/docker-ghacache/internal/builders"
	"github.com/docker-ghacache/docker-ghacache/internal/process"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
)

func runUpgradeBuilder(ctx context.Context, env *Env, name string) error {
	buildx, err := builders.FindBuildx(env.Docker)
	if err != nil {
		return err
	}
	upgrader := builders.Upgrader{
		Docker: env.Docker,
		Run:    func(args ...string) process.Command { return buildx.Command(env.Environ(), env.Globals, args...) },
		Log:    env.Stderr,
	}
	upgraded, err := upgrader.Upgrade(ctx, name)
	if err == nil && !upgraded {
		env.notes().Note(ui.Info, fmt.Sprintf("builder %q runs a BuildKit that is new enough", name), "")
	}
	return err
}
