package builders

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/docker/buildx/builder"
	"github.com/docker/cli/cli/command"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/util/grpcerrors"
	"google.golang.org/grpc/codes"
)

// Connection is a connection to the BuildKit of a node.
type Connection struct {
	Node    string // its name
	Builder string // the name of its builder
	// Client is nil if Err is set. It outlives the context of [Dial].
	Client *client.Client
	// Err says why the node could not be dialled. A node that was not booted yet has
	// buildx's driver.ErrNotRunning.
	Err error
}

// Dial connects to every node of the builder that buildx would use, whatever its driver, without booting any. Name is
// as in [Resolve]. A node that does not answer within ten seconds is no error: its Err says why. The caller closes the clients.
//
// It uses the drivers of buildx, which this program links to ask builders what they are. `buildx dial-stdio` would
// take 90 ms more, reach one node for each platform only, and end with the Ctrl-C of a terminal.
func Dial(ctx context.Context, dockerCLI command.Cli, name string) ([]Connection, error) {
	loaded, err := open(dockerCLI, name)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	nodes, err := loaded.LoadNodes(ctx, builder.WithSkippedImageOpt())
	if err != nil {
		return nil, fmt.Errorf("dialling builder %q: %w", loaded.Name, err)
	}
	connections := make([]Connection, len(nodes))
	var dialled sync.WaitGroup
	for i := range nodes {
		dialled.Go(func() {
			connections[i] = dial(ctx, &nodes[i])
			connections[i].Builder = loaded.Name
		})
	}
	dialled.Wait()
	return connections, nil
}

func dial(ctx context.Context, n *builder.Node) Connection {
	c := Connection{Node: n.Name, Err: n.Err}
	if c.Err != nil {
		return c
	}
	if c.Client, c.Err = n.Driver.Client(ctx); c.Err != nil {
		return c
	}
	// A client connects with its first request. Before v0.12, BuildKit refuses this one.
	if _, err := c.Client.Info(ctx); err != nil && grpcerrors.Code(err) != codes.Unimplemented {
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			err = errSilent
		}
		return Connection{Node: n.Name, Err: errors.Join(err, c.Client.Close())}
	}
	return c
}
