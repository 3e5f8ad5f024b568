package relaying

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/docker/cli/cli/command"

	"github.com/docker-ghacache/docker-ghacache/internal/builders"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/relay"
)

// elsewhere is the fix where the routes of a builder do not work.
const elsewhere = "--gha-relay-address=HOST   # an address of this machine that the builder reaches"

// finder opens a relay where the nodes of a builder reach it.
type finder struct {
	builder *builders.Builder
	docker  command.Cli
	address Address
	options relay.Options
	now     func() time.Time
	afresh  bool // ask again where the builder did not reach this machine within the last hour
}

// find opens a relay by the route of which the builder said so within the last hour, or asks it.
func (f finder) find(ctx context.Context) (*Running, error) {
	routes := f.routes()
	if len(routes) == 0 {
		return nil, hint.With(
			fmt.Errorf("nothing tells at which address builder %q, of the %s driver, reaches this machine", f.builder.Name, f.builder.Driver),
			elsewhere)
	}
	known, ok := f.builder.RecallReach(routes, f.now())
	switch {
	case ok && known.Why == "":
		if opened, err := f.open(ctx, known.Route); err == nil {
			return opened, nil
		}
	case ok && !f.afresh:
		return nil, fmt.Errorf("%s (it was asked within the last hour)", known.Why)
	}
	opened, err := f.ask(ctx, routes)
	if ctx.Err() != nil {
		return opened, err // nothing was learned
	}
	if err != nil {
		f.builder.LearnReach(routes, builders.Reach{Why: err.Error()}, f.now())
		return nil, hint.With(err, f.builder.FixReach(routes[0])+elsewhere)
	}
	f.builder.LearnReach(routes, builders.Reach{Route: opened.route}, f.now())
	return opened, nil
}

// routes are the one that the user knows, else those of the builder.
func (f finder) routes() []builders.Route {
	if host := f.address.Host; host != "" {
		return []builders.Route{{Listen: host, Dial: host}}
	}
	return f.builder.Routes()
}

func (f finder) forget() { f.builder.ForgetReach(f.routes()) }

// ask has the nodes fetch something from a relay on each route until they reach one. The
// error is that of the first route that begins on this machine, if one does.
func (f finder) ask(ctx context.Context, routes []builders.Route) (*Running, error) {
	nodes, err := builders.Dial(ctx, f.docker, f.builder.Name)
	if err != nil {
		return nil, err
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
		url, content := opened.relay.Probe(opened.address)
		err = builders.Fetch(ctx, nodes, url, content)
		if err == nil {
			return opened, nil
		}
		_ = opened.End() // it has done nothing
		if unreached == nil {
			unreached = fmt.Errorf("the builder does not reach %s: %w", route.Dial, err)
		}
	}
	if unreached == nil {
		unreached = unopened
	}
	return nil, unreached
}
