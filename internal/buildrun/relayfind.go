package buildrun

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/docker/cli/cli/command"

	"github.com/docker-ghacache/docker-ghacache/internal/builders"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/process"
	"github.com/docker-ghacache/docker-ghacache/internal/relay"
)

// relayElsewhere is the fix where the routes of a builder do not work.
const relayElsewhere = "--gha-relay-address=HOST   # an address of this machine that the builder reaches"

// relayFinder opens a relay where the nodes of a builder reach it.
type relayFinder struct {
	builder *builders.Builder
	docker  command.Cli
	address relayAddress
	options relay.Options
	now     func() time.Time
	afresh  bool // ask again where the builder did not reach this machine within the last hour
}

// find opens a relay by the route of which the builder said so within the last hour, or asks it.
func (f relayFinder) find(ctx context.Context) (*relayed, builders.Route, error) {
	routes := f.routes()
	if len(routes) == 0 {
		return nil, builders.Route{}, hint.With(
			fmt.Errorf("nothing tells at which address builder %q, of the %s driver, reaches this machine", f.builder.Name, f.builder.Driver),
			relayElsewhere)
	}
	known, ok := f.builder.RecallReach(routes, f.now())
	switch {
	case ok && known.Why == "":
		if opened, err := f.open(ctx, known.Route); err == nil {
			return opened, known.Route, nil
		}
	case ok && !f.afresh:
		return nil, builders.Route{}, fmt.Errorf("%s (it was asked within the last hour)", known.Why)
	}
	opened, route, err := f.ask(ctx, routes)
	if ctx.Err() != nil {
		return opened, route, err // nothing was learned
	}
	if err != nil {
		f.builder.LearnReach(routes, builders.Reach{Why: err.Error()}, f.now())
		return nil, builders.Route{}, hint.With(err, f.builder.FixReach(routes[0])+relayElsewhere)
	}
	f.builder.LearnReach(routes, builders.Reach{Route: route}, f.now())
	return opened, route, nil
}

// routes are the one that the user knows, else those of the builder.
func (f relayFinder) routes() []builders.Route {
	if host := f.address.host; host != "" {
		return []builders.Route{{Listen: host, Dial: host}}
	}
	return f.builder.Routes()
}

func (f relayFinder) forget() { f.builder.ForgetReach(f.routes()) }

func (f relayFinder) open(ctx context.Context, route builders.Route) (*relayed, error) {
	return openRelay(ctx, route, f.address.port, f.options)
}

// ask has the nodes fetch something from a relay on each route until they reach one. The
// error is that of the first route that begins on this machine, if one does.
func (f relayFinder) ask(ctx context.Context, routes []builders.Route) (*relayed, builders.Route, error) {
	nodes, err := builders.Dial(ctx, f.docker, f.builder.Name)
	if err != nil {
		return nil, builders.Route{}, err
	}
	defer func() {
		for _, n := range nodes {
			if n.Client != nil {
				_ = n.Client.Close() // nothing depends on it
			}
		}
	}()
	var unopened, unreached error
	for _, route := range routes {
		opened, err := f.open(ctx, route)
		if err != nil {
			unopened = errors.Join(unopened, err)
			continue
		}
		url, content := opened.Probe(opened.address)
		err = builders.Fetch(ctx, nodes, url, content)
		if err == nil {
			return opened, route, nil
		}
		_ = opened.end() // it has done nothing
		if unreached == nil {
			unreached = fmt.Errorf("the builder does not reach %s: %w", route.Dial, err)
		}
	}
	if unreached == nil {
		unreached = unopened
	}
	return nil, builders.Route{}, unreached
}

// booted is the builder once all of its nodes run. Only a build that requires a relay starts them.
func (inv *invocation) booted(ctx context.Context, b *builders.Builder) (*builders.Builder, error) {
	i := slices.IndexFunc(b.Nodes, func(n builders.Node) bool { return !n.Running })
	switch {
	case i >= 0 && b.Nodes[i].Err != nil:
		return nil, fmt.Errorf("node %q of builder %q does not answer", b.Nodes[i].Name, b.Name)
	case i < 0 && len(b.Nodes) > 0:
		return b, nil
	case inv.own.relay != relayRequire || inv.own.dryRun != "":
		return nil, hint.With(fmt.Errorf("builder %q does not run yet", b.Name), "docker buildx inspect --bootstrap "+b.Name)
	}
	command := inv.buildx.Command(inv.env.Environ(), inv.env.Globals, "inspect", "--bootstrap", b.Name)
	command.Stderr = inv.env.Stderr
	code, err := process.Run(ctx, command)
	if err == nil && code != 0 {
		err = &process.ExitError{Path: command.Path, Code: code}
	}
	if err != nil {
		return nil, fmt.Errorf("starting builder %q: %w", b.Name, err)
	}
	return builders.Resolve(ctx, inv.env.Docker, b.Name)
}
