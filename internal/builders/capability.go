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
	err := inSession(ctx, c, func(ctx context.Context, options client.SolveOpt) error {
		_, err := c.Build(ctx, options, "buildx", func(_ context.Context, gw gateway.Client) (*gateway.Result, error) {
			caps := gw.BuildOpts().LLBCaps
			node.GHA = new(caps.Contains(apicaps.CapID("cache.gha")))
			return nil, nil
		}, nil)
		return err
	})
	if err != nil {
		return fmt.Errorf("asking for its capabilities: %w", err)
	}
	return nil
}

// inSession calls f with the options of a build of our own. Its session ends in the background: client.Solve may wait a
// second for the end of one that it began. What the builder says meanwhile reaches the session's HTTP/2 server with
// garbage behind it (conn.Close of BuildKit's grpchijack), and that server gives such a connection a second.
func inSession(ctx context.Context, c *client.Client, f func(context.Context, client.SolveOpt) error) error {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	s, err := session.NewSession(ctx, "")
	if err != nil {
		return err
	}
	go func() {
		if err := s.Run(ctx, c.Dialer()); err != nil {
			end(err)
		}
	}()
	err = f(ctx, client.SolveOpt{Internal: true, SharedSession: s, SessionPreInitialized: true})
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = cause
	}
	return err
}
