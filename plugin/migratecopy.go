package plugin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheclient"
	"github.com/docker-ghacache/docker-ghacache/internal/cachecopy"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/runtimeclient"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
	"github.com/docker-ghacache/docker-ghacache/internal/view"
	"github.com/spf13/pflag"
)

type copyOptions struct {
	fromURL   string
	fromToken string
	toURL     string
	toToken   string
	scopes    []string
}

func (o *copyOptions) flags(flags *pflag.FlagSet) {
	flags.StringVar(&o.fromURL, "from-url", "", "With --copy: service with version 1 (default $ACTIONS_CACHE_URL)")
	flags.StringVar(&o.fromToken, "from-token", "", "With --copy: its runtime token, as FILE, env:NAME or - (default env:ACTIONS_RUNTIME_TOKEN)")
	flags.StringVar(&o.toURL, "to-url", "", "With --copy: service with version 2 (default $ACTIONS_RESULTS_URL)")
	flags.StringVar(&o.toToken, "to-token", "", "With --copy: its runtime token, as FILE, env:NAME or - (default env:ACTIONS_RUNTIME_TOKEN)")
	flags.StringArrayVar(&o.scopes, "scope", nil, "With --copy: scope to copy (default all that can be listed, else buildkit)")
}

// copyFlag is a flag in use that only --copy knows.
func copyFlag(flags *pflag.FlagSet) (used string) {
	flags.Visit(func(f *pflag.Flag) {
		if slices.Contains([]string{"from-url", "from-token", "to-url", "to-token", "scope"}, f.Name) {
			used = f.Name
		}
	})
	return used
}

func runCopy(ctx context.Context, env *Env, o migrateOptions) error {
	from, to, err := openCopy(ctx, env, o.copy)
	if err != nil {
		return err
	}
	slots, err := copySlots(ctx, env, from, o.copy)
	if err != nil {
		return err
	}
	indexes, err := cachecopy.ReadIndexes(ctx, from, slots)
	if err != nil {
		return err
	}
	if len(indexes) == 0 {
		return hint.With(errors.New("there is no cache to copy on the refs that the token reads"), "--scope SCOPE")
	}
	there, err := cachecopy.Digests(ctx, to.Reader, indexes)
	if err != nil {
		return err
	}
	gone, err := cachecopy.Missing(ctx, from, cachecopy.NewPlan(indexes, there, nil).Layers)
	if err != nil {
		return err
	}
	plan := cachecopy.NewPlan(indexes, there, gone)
	report := view.NewCopy(env.console(), plan, o.format == "json", env.Now)
	result, err := plan.Execute(ctx, from, to, report.Progress())
	return exitUnless(report.Finish(result, err))
}

// copySlots are the scopes and refs to look for indexes in. Scopes are given, or taken
// from the REST listing of the job's own service.
func copySlots(ctx context.Context, env *Env, from *runtimeclient.Reader, o copyOptions) ([]string, error) {
	list := func(context.Context) ([]bkcache.Entry, error) {
		return nil, errors.New("--from-url is not the job's service")
	}
	if o.fromURL == "" {
		list = func(ctx context.Context) ([]bkcache.Entry, error) { return listIndexes(ctx, env) }
	}
	slots, why := cachecopy.FindSlots(ctx, from.Refs(), o.scopes, list)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if why != nil {
		env.notes().Note(ui.Warning, fmt.Sprintf("caches cannot be listed, so only those of scope %s are copied: %v", cacheopts.DefaultScope, why), "--scope SCOPE")
	}
	return slots, nil
}

func listIndexes(ctx context.Context, env *Env) ([]bkcache.Entry, error) {
	repo, err := openRepository(env, "")
	if err != nil {
		return nil, err
	}
	return repo.Client.List(ctx, cacheclient.Filter{Prefix: "index-"})
}

// openCopy connects to both services. A job's token is for the job's services, and
// goes nowhere else unless that is asked for.
func openCopy(ctx context.Context, env *Env, o copyOptions) (*runtimeclient.Reader, *runtimeclient.Uploader, error) {
	job := env.job()
	from, err := endpoint{"from", o.fromURL, o.fromToken, job.CacheURL, "ACTIONS_CACHE_URL"}.find(ctx, env)
	if err != nil {
		return nil, nil, err
	}
	to, err := endpoint{"to", o.toURL, o.toToken, job.ResultsURL, "ACTIONS_RESULTS_URL"}.find(ctx, env)
	if err != nil {
		return nil, nil, err
	}
	if from == to {
		return nil, nil, usage(fmt.Errorf("%s is both the source and the destination, with the same token", ui.Line(from.url)),
			"--from-url URL --from-token FILE\n--to-url URL --to-token FILE")
	}
	source, err := runtimeclient.NewReader(from.url, 1, from.token, userAgent)
	if err != nil {
		return nil, nil, err
	}
	target, err := runtimeclient.NewReader(to.url, 2, to.token, userAgent)
	if err != nil {
		return nil, nil, err
	}
	return source, runtimeclient.NewUploader(target, env.Now), nil
}

// access is to a cache service.
type access struct{ url, token string }

// endpoint is one end of a copy: what its flags say, and what the job has.
type endpoint struct {
	name       string // of its flags
	url, token string
	job        string // URL
	variable   string // that holds it
}

func (e endpoint) find(ctx context.Context, env *Env) (access, error) {
	url, token := e.url, e.token
	if url == "" {
		url = e.job
	}
	if url == "" {
		return access{}, hint.With(fmt.Errorf("there is no $%s, which says where to copy %s", e.variable, e.name), fmt.Sprintf("--%s-url URL", e.name))
	}
	if token == "" && url != e.job {
		return access{}, hint.With(fmt.Errorf("--%s-url is not the job's service, and comes without a token", e.name), fmt.Sprintf("--%s-token FILE, or env:NAME, or -", e.name))
	}
	secret, err := env.secrets().Read(ctx, "--"+e.name+"-token", token)
	return access{strings.TrimRight(url, "/") + "/", secret}, err
}
