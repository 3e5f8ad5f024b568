package relaying

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/docker/cli/cli/command"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
	"github.com/docker-ghacache/docker-ghacache/internal/builders"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/process"
	"github.com/docker-ghacache/docker-ghacache/internal/relay"
)

// Build is the build that a relay is for.
type Build struct {
	Mode      Mode
	Address   Address
	Builder   *builders.Builder
	DryRun    bool   // no builder is started
	Token     string // of the entries that have none of their own
	UserAgent string // of requests to the service

	Docker command.Cli
	Buildx func(args ...string) process.Command
	Stderr io.Writer // of buildx
	Now    func() time.Time
	Log    io.Writer // of the relay; nil: nothing is logged
}

// Open starts a relay that the builder reaches, until ctx ends. The error says why none
// is possible or wanted.
func (b Build) Open(ctx context.Context, requests []cacheopts.Request, entries []cacheopts.Completed) (*Running, error) {
	up, err := b.upstream(requests, entries)
	if err != nil {
		return nil, err
	}
	builder, err := b.booted(ctx)
	if err != nil {
		return nil, err
	}
	return finder{
		builder: builder, docker: b.Docker, address: b.Address, now: b.Now,
		options: relay.Options{Upstream: up, Timeout: longestTimeout(entries), Now: b.Now, Log: b.Log},
		afresh:  b.Mode == Require,
	}.find(ctx)
}

// booted is the builder once all of its nodes run. Only a build that requires a relay starts them.
func (b Build) booted(ctx context.Context) (*builders.Builder, error) {
	name, nodes := b.Builder.Name, b.Builder.Nodes
	i := slices.IndexFunc(nodes, func(n builders.Node) bool { return !n.Running })
	switch {
	case i >= 0 && nodes[i].Err != nil:
		return nil, fmt.Errorf("node %q of builder %q does not answer", nodes[i].Name, name)
	case i < 0 && len(nodes) > 0:
		return b.Builder, nil
	case b.Mode != Require || b.DryRun:
		return nil, hint.With(fmt.Errorf("builder %q does not run yet", name), "docker buildx inspect --bootstrap "+name)
	}
	command := b.Buildx("inspect", "--bootstrap", name)
	command.Stderr = b.Stderr
	code, err := process.Run(ctx, command)
	if err == nil && code != 0 {
		err = &process.ExitError{Path: command.Path, Code: code}
	}
	if err != nil {
		return nil, fmt.Errorf("starting builder %q: %w", name, err)
	}
	return builders.Resolve(ctx, b.Docker, name)
}
