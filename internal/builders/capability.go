package builders

import (
	"context"
	"fmt"

	"github.com/docker/cli/cli/command"
	"github.com/moby/buildkit/client"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/util/apicaps"
)

// Examine is [Resolve], and asks each running node whether it has type=gha
// caches as well. That takes a build of nothing, so it is not free.
func Examine(ctx context.Context, dockerCLI command.Cli, name string) (*Builder, error) {
	return resolve(ctx, dockerCLI, name, askGHA)
}

// askGHA asks what buildx asks before it drops a type=gha entry (build/opt.go).
func askGHA(ctx context.Context, c *client.Client, node *Node) error {
	options, err := sessionless(ctx)
	if err != nil {
		return err
	}
	_, err = c.Build(ctx, options, "buildx", func(_ context.Context, gw gateway.Client) (*gateway.Result, error) {
		caps := gw.BuildOpts().LLBCaps
		node.GHA = new(caps.Contains(apicaps.CapID("cache.gha")))
		return nil, nil
	}, nil)
	if err != nil {
		return fmt.Errorf("asking for its capabilities: %w", err)
	}
	return nil
}

// sessionless is for a build that takes nothing from this machine: its session never begins. One that the client
// begins and ends may keep it waiting for a second: what the builder says meanwhile reaches the session's HTTP/2
// server with garbage behind it (conn.Close of BuildKit's grpchijack), and such a connection is closed that late.
func sessionless(ctx context.Context) (client.SolveOpt, error) {
	s, err := session.NewSession(ctx, "")
	return client.SolveOpt{Internal: true, SharedSession: s, SessionPreInitialized: true}, err
}
