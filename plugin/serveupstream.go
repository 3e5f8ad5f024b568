package plugin

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
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/relay"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
	"github.com/spf13/pflag"
)

// upstreamOptions are those of a relay.
type upstreamOptions struct {
	upstream      bool
	upstreamURL   string
	upstreamToken string
}

func (o *upstreamOptions) addFlags(flags *pflag.FlagSet) {
	flags.BoolVar(&o.upstream, "upstream", false, "Relay to the cache service of the job in place of serving a folder")
	flags.StringVar(&o.upstreamURL, "upstream-url", "", "URL of the cache service to relay to, with version 2 of its protocol (default $ACTIONS_RESULTS_URL)")
	flags.StringVar(&o.upstreamToken, "upstream-token", "", "File that has the runtime token for --upstream-url; env:NAME for a variable, - for standard input (default env:ACTIONS_RUNTIME_TOKEN)")
}

func (o *upstreamOptions) relays() bool {
	return o.upstream || o.upstreamURL != "" || o.upstreamToken != ""
}

// closing is how long a relay may send what it has got completely, after it was told to end.
const closing = 10 * time.Second

func runServeUpstream(ctx context.Context, env *Env, o serveOptions) error {
	upstream, err := o.service(ctx, env)
	if err != nil {
		return err
	}
	relay.LimitMemory(0)
	opts := relay.Options{Upstream: upstream, Dir: o.dir, MaxSize: o.maxSize.Value(), MaxAge: o.maxAge, Now: env.Now, Log: ui.Log(env.Stderr)}
	r, err := relay.New(opts)
	if errors.Is(err, store.ErrLocked) {
		env.notes().Note(ui.Warning, fmt.Sprintf("layers are not kept on this machine: %v", err), "")
		opts.Dir = ""
		r, err = relay.New(opts)
	}
	if err != nil {
		return err
	}
	err = serveOn(ctx, env, o, service{
		serve: func(ctx context.Context, l net.Listener) error {
			defer context.AfterFunc(ctx, func() { _ = end(ctx, r) })() // the error is that of the second call
			return r.Serve(l)
		},
		says: "relaying to " + upstream.URL,
		vars: func(base string) ([]cacheserver.Variable, error) {
			return relayEnvironment(r, strings.TrimPrefix(base, "http://")), nil
		},
	})
	err = errors.Join(err, end(ctx, r))
	s := r.Stats()
	did := fmt.Sprintf("sent %s with %s, read %s", ui.Count(s.Layers, "layer", "layers"), ui.Size(s.Sent), ui.Size(s.Read))
	if o.dir != "" {
		did += fmt.Sprintf(", %s of it from this machine", ui.Size(s.Local))
	}
	env.notes().Note(ui.Info, did, "")
	return err
}

// service is the one that the flags name, or that of the job.
func (o *upstreamOptions) service(ctx context.Context, env *Env) (relay.Upstream, error) {
	job := env.job()
	url := cmp.Or(o.upstreamURL, job.ResultsURL)
	switch {
	case url == "":
		return relay.Upstream{}, hint.With(errors.New("there is no cache service to relay to: $ACTIONS_RESULTS_URL is not set"), job.Service.Expose()+"\n--upstream-url URL --upstream-token FILE")
	case o.upstreamURL == "" && !job.Service.HasV2():
		return relay.Upstream{}, fmt.Errorf("%s has no version 2 of the cache service, which a relay needs", job.Service)
	}
	token, err := env.secret(ctx, "--upstream-token", o.upstreamToken)
	return relay.Upstream{URL: url, Token: token, UserAgent: userAgent}, err
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
