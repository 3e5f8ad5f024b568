package relaying

import (
	"context"
	"fmt"
	"net"

	"golang.org/x/sync/errgroup"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
	"github.com/docker-ghacache/docker-ghacache/internal/builders"
	"github.com/docker-ghacache/docker-ghacache/internal/relay"
)

// Running is a relay that the builder of a build reaches.
type Running struct {
	relay   *relay.Relay
	route   builders.Route
	address string // HOST:PORT by which the builder reaches it
	// background runs something until the relay ends.
	background func(func(context.Context) error)
	end        func() error
	forget     func()
}

// open starts a relay that listens where a route says. It ends with ctx, and then at
// once: no index is written from then on.
func (f finder) open(ctx context.Context, route builders.Route) (*Running, error) {
	r, err := relay.New(f.options)
	if err != nil {
		return nil, err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(route.Listen, f.address.Port))
	if err != nil {
		return nil, fmt.Errorf("listening on %s: %w", route.Listen, err)
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	work, ctx := errgroup.WithContext(ctx)
	work.Go(func() error { return r.Serve(listener) })
	work.Go(func() error {
		<-ctx.Done()
		return r.Close(ctx)
	})
	return &Running{
		relay: r, route: route, address: net.JoinHostPort(route.Dial, port), forget: f.forget,
		background: func(f func(context.Context) error) { work.Go(func() error { return f(ctx) }) },
		end: func() error {
			stop()
			return work.Wait()
		},
	}, nil
}

// Host is the one by which the builder reaches the relay.
func (r *Running) Host() string { return r.route.Dial }

// Address is HOST:PORT by which the builder reaches the relay.
func (r *Running) Address() string { return r.address }

// End ends the relay, and aborts what is under way. After a build that wrote its cache
// there is nothing: the commit of an index waits for its layers. The error says what was
// aborted.
func (r *Running) End() error { return r.end() }

// Forget drops what is remembered of the builder: perhaps it did not reach the relay any
// more.
func (r *Running) Forget() { r.forget() }

// Stats is what the relay did.
func (r *Running) Stats() relay.Stats { return r.relay.Stats() }

// Carry sends the gha entries through the relay. It sets their token in vars, the
// environment of buildx, and begins to read the indexes of the scopes that the build
// writes.
func (r *Running) Carry(requests []cacheopts.Request, entries []cacheopts.Completed, vars map[string]string) {
	url, token := r.relay.Environment(r.address)
	redirect(entries, vars, url, token)
	r.background(func(ctx context.Context) error {
		r.relay.Prefetch(ctx, exportScopes(requests, entries)...)
		return nil
	})
}
