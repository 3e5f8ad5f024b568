package buildrun

import (
	"context"
	"fmt"
	"net"

	"golang.org/x/sync/errgroup"

	"github.com/docker-ghacache/docker-ghacache/internal/builders"
	"github.com/docker-ghacache/docker-ghacache/internal/relay"
)

// relayed is a relay that listens on an address of this machine.
type relayed struct {
	*relay.Relay
	address string // HOST:PORT by which the builder reaches it
	// background runs something until the relay ends.
	background func(func(context.Context) error)
	// end aborts what is under way. After a build that wrote its cache there is nothing: the
	// commit of an index waits for its layers. The error says what was aborted.
	end func() error
}

// openRelay starts a relay that listens where a route says. It ends with ctx, and then at
// once: no index is written from then on.
func openRelay(ctx context.Context, route builders.Route, port string, opts relay.Options) (*relayed, error) {
	r, err := relay.New(opts)
	if err != nil {
		return nil, err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(route.Listen, port))
	if err != nil {
		return nil, fmt.Errorf("listening on %s: %w", route.Listen, err)
	}
	_, port, err = net.SplitHostPort(listener.Addr().String())
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
	return &relayed{
		Relay: r, address: net.JoinHostPort(route.Dial, port),
		background: func(f func(context.Context) error) { work.Go(func() error { return f(ctx) }) },
		end: func() error {
			stop()
			return work.Wait()
		},
	}, nil
}

// prefetch looks up in the background what the service has.
func (r *relayed) prefetch(scopes []string) {
	r.background(func(ctx context.Context) error {
		r.Prefetch(ctx, scopes...)
		return nil
	})
}
