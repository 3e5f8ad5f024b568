package plugin

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/relay"
	"github.com/docker-ghacache/docker-ghacache/internal/serving"
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

func runServeUpstream(ctx context.Context, env *Env, o serveOptions) error {
	upstream, err := o.service(ctx, env)
	if err != nil {
		return err
	}
	code, err := serving.Relay(ctx, env.console(), o.serving(env), relay.Options{
		Upstream: upstream, Dir: o.dir, MaxSize: o.maxSize.Value(), MaxAge: o.maxAge, Now: env.Now, Log: ui.Log(env.Stderr),
	})
	return errors.Join(exit(code), err)
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
	token, err := env.secrets().Read(ctx, "--upstream-token", o.upstreamToken)
	return relay.Upstream{URL: url, Token: token, UserAgent: userAgent}, err
}
