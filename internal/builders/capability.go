package builders

import (
	"context"
	"fmt"

	"github.com/docker/cli/cli/command"
	"github.com/moby/buildkit/client"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/util/apicaps"
)

// Examine is [Resolve], and asks each running node whether it has type=gha
// caches as well. That takes a build of nothing, so it is not free.
func Examine(ctx context.Context, dockerCLI command.Cli, name string) (*Builder, error) {
	return resolve(ctx, dockerCLI, name, askGHA)
}

// askGHA asks what buildx asks before it drops a type=gha entry (build/opt.go).
func askGHA(ctx context.Context, c *client.Client, node *Node) error {
	_, err := c.Build(ctx, client.SolveOpt{Internal: true}, "buildx", func(_ context.Context, gw gateway.Client) (*gateway.Result, error) {
		caps := gw.BuildOpts().LLBCaps
		node.GHA = new(caps.Contains(apicaps.CapID("cache.gha")))
		return nil, nil
	}, nil)
	if err != nil {
		return fmt.Errorf("asking for its capabilities: %w", err)
	}
	return nil
}
