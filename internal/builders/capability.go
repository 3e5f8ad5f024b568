package builders

import (
	"context"
	"fmt"
	"io"
	"net"

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

// inSession calls f with the options of a build of our own, and leaves its session to end in the background. client.Solve
// waits for the end of one that it began, and that may take a second: conn.Close of BuildKit's grpchijack hands what the
// builder still says, with garbage behind it, to the session's HTTP/2 server, which gives such a connection a second.
func inSession(ctx context.Context, c *client.Client, f func(context.Context, client.SolveOpt) error) error {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	s, err := session.NewSession(ctx, "")
	if err != nil {
		return err
	}
	go func() {
		dial := func(ctx context.Context, proto string, meta map[string][]string) (net.Conn, error) {
			conn, err := c.Dialer()(ctx, proto, meta)
			return ending{conn, ctx}, err
		}
		if err := s.Run(ctx, dial); err != nil {
			end(err)
		}
	}()
	err = f(ctx, client.SolveOpt{Internal: true, SharedSession: s, SessionPreInitialized: true})
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = cause
	}
	return err
}

// ending is a connection whose content ends with a context. The HTTP/2 server writes all other ends to standard error.
type ending struct {
	net.Conn
	ctx context.Context //nolint:containedctx // of the connection
}

// Read implements [net.Conn].
func (e ending) Read(b []byte) (int, error) {
	n, err := e.Conn.Read(b)
	if e.ctx.Err() != nil {
		return 0, io.EOF
	}
	return n, err
}
