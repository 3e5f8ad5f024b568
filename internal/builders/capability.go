package builders

import (
	"context"
	"errors"
	"fmt"

	"github.com/docker/buildx/builder"
	"github.com/docker/cli/cli/command"
	"github.com/moby/buildkit/client"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/util/apicaps"
)

// Examine is [Resolve], and asks each running node whether it has type=gha
// caches as well. That takes a build of nothing, so it is not free.
func Examine(ctx context.Context, dockerCLI command.Cli, name string) (*Builder, error) {
	loaded, err := open(dockerCLI, name)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return load(ctx, loaded, func(ctx context.Context, n *builder.Node) Node {
		node := ask(ctx, n)
		if node.Running {
			node.GHA, node.Err = hasGHA(ctx, n)
		}
		return node
	}), nil
}

// hasGHA asks what buildx asks before it drops a type=gha entry (build/opt.go).
func hasGHA(ctx context.Context, n *builder.Node) (has *bool, err error) {
	c, err := n.Driver.Client(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	_, err = c.Build(ctx, client.SolveOpt{Internal: true}, "buildx", func(_ context.Context, gw gateway.Client) (*gateway.Result, error) {
		caps := gw.BuildOpts().LLBCaps
		has = new(caps.Contains(apicaps.CapID("cache.gha")))
		return nil, nil
	}, nil)
	if err != nil {
		return nil, fmt.Errorf("asking for its capabilities: %w", err)
	}
	return has, nil
}
