package plugin

import (
	"context"
	"errors"
	"fmt"
	"net/url"

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
	address, from := o.upstreamURL, "--upstream-url"
	if address == "" {
		address, from = job.ResultsURL, "$ACTIONS_RESULTS_URL"
	}
	switch {
	case address == "":
		return relay.Upstream{}, hint.With(errors.New("there is no cache service to relay to: $ACTIONS_RESULTS_URL is not set"), job.Service.Expose()+"\n--upstream-url URL --upstream-token FILE")
	case !absolute(address):
		return relay.Upstream{}, usage(errors.New(from+" is not an absolute http or https URL"), "--upstream-url http://HOST:PORT/")
	case o.upstreamURL == "" && !job.Service.HasV2():
		return relay.Upstream{}, fmt.Errorf("%s has no version 2 of the cache service, which a relay needs", job.Service)
	}
	token, err := env.secrets().Read(ctx, "--upstream-token", o.upstreamToken)
	return relay.Upstream{URL: address, Token: token, UserAgent: userAgent}, err
}

// absolute reports whether a URL is one of http or https with a host.
func absolute(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && u.Hostname() != "" && (u.Scheme == "http" || u.Scheme == "https")
}
