package e2e

import (
	"context"
	"io"
	"testing"

	"github.com/docker/cli/cli/command"
	"github.com/docker/cli/cli/flags"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/client/llb"

	"github.com/docker-ghacache/docker-ghacache/internal/builders"
)

// dial connects to the only node of a builder of the lab.
func dial(t *testing.T, part func() (string, error)) *client.Client {
	t.Helper()
	name := need(t, part)
	t.Setenv("BUILDX_CONFIG", shared.buildxConfig())
	cli, err := command.NewDockerCli(command.WithCombinedStreams(io.Discard))
	check(t, err)
	check(t, cli.Initialize(flags.NewClientOptions()))
	ctx, cancel := context.WithCancel(t.Context())
	nodes, err := builders.Dial(ctx, cli, name)
	check(t, err)
	cancel() // a connection outlives it
	if len(nodes) != 1 {
		t.Fatalf("got %d nodes", len(nodes))
	}
	check(t, nodes[0].Err)
	t.Cleanup(func() { check(t, nodes[0].Client.Close()) })
	return nodes[0].Client
}

func TestDialledNodesSolve(t *testing.T) {
	for driver, part := range map[string]func() (string, error){"remote": shared.remote, "docker-container": shared.container} {
		t.Run(driver, func(t *testing.T) {
			c := dial(t, part)
			def, err := llb.Scratch().File(llb.Mkfile("/probe", 0o644, []byte(t.TempDir()))).Marshal(t.Context())
			check(t, err)
			_, err = c.Solve(t.Context(), def, client.SolveOpt{}, nil)
			check(t, err)
		})
	}
}
