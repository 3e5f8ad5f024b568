package serving

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/store"
	"github.com/docker-ghacache/docker-ghacache/internal/relay"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
	"github.com/docker-ghacache/docker-ghacache/internal/view"
)

// closing is how long a relay may send what it has got completely, after it was told to end.
const closing = 10 * time.Second

// Relay is [Run] for a relay, and says at the end what it did.
func Relay(ctx context.Context, console ui.Console, o Options, upstream relay.Options) (code int, err error) {
	relay.LimitMemory(0)
	r, err := relay.New(upstream)
	if errors.Is(err, store.ErrLocked) {
		console.Notes.Note(ui.Warning, fmt.Sprintf("layers are not kept on this machine: %v", err), "")
		without := upstream
		without.Dir = ""
		r, err = relay.New(without)
	}
	if err != nil {
		return 0, err
	}
	code, err = Run(ctx, console, o, Service{
		Serve: func(ctx context.Context, l net.Listener) error {
			defer context.AfterFunc(ctx, func() { _ = end(ctx, r) })() // the error is that of the second call
			return r.Serve(l)
		},
		Says: "relaying to " + upstream.Upstream.URL,
		Environment: func(base string) ([]cacheserver.Variable, error) {
			return relayEnvironment(r, strings.TrimPrefix(base, "http://")), nil
		},
	})
	err = errors.Join(err, end(ctx, r))
	console.Notes.Note(ui.Info, cmp.Or(view.Relayed(r.Stats()), "relayed nothing"), "")
	return code, err
}

// end closes a relay, and gives it some time for that.
func end(ctx context.Context, r *relay.Relay) error {
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), closing)
	defer cancel()
	return r.Close(patience)
}

// relayEnvironment has the job's variables, which buildx reads, and others: GitHub's runner gives actions its own values
// of the job's.
func relayEnvironment(r *relay.Relay, address string) []cacheserver.Variable {
	url, token := r.Environment(address)
	return []cacheserver.Variable{
		{Name: "ACTIONS_RUNTIME_TOKEN", Value: token},
		{Name: "ACTIONS_RESULTS_URL", Value: url},
		{Name: "ACTIONS_CACHE_SERVICE_V2", Value: "true"},
		{Name: "GHACACHE_RELAY_URL", Value: url},
		{Name: "GHACACHE_RELAY_TOKEN", Value: token},
	}
}
