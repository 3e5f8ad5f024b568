package plugin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/listing"
	"github.com/docker-ghacache/docker-ghacache/internal/reclaim"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
	"github.com/docker/cli/opts"
	"github.com/docker/go-units"
	"github.com/spf13/cobra"
)

type pruneOptions struct {
	repo         string
	scopes       []string
	refs         []string
	filter       opts.FilterOpt
	closed       bool
	superseded   bool
	unreferenced bool
	keepStorage  string
	all          bool
	includeOther bool
	likely       bool
	grace        time.Duration
	dryRun       bool
	force        bool
	format       string
}

func newPruneCommand(env *Env) *cobra.Command {
	o := pruneOptions{filter: opts.NewFilterOpt()}
	cmd := &cobra.Command{
		Use:   "prune [OPTIONS]",
		Short: "Delete what no build needs, or what you select",
		Long: `Deletes cache entries of BuildKit. Without a selection it deletes the caches of
closed pull requests and deleted branches, old versions of indexes, and layers that
no index references. With --scope, --ref or --filter until=… it deletes whole caches.

It keeps layers that an unreadable index might reference, and everything younger than
--grace, unless you select it by --scope, --ref or --all. It shows the plan with a
reason for each entry, and asks for confirmation before it deletes. Exits with 1 if it
could not delete all of the plan.

A workflow run under way can need any layer that it can see, and does not say so before
it ends. prune keeps these layers. With --likely it deletes those that no run has
created or used so far. If a run needs one of them after all, the next build runs one
step again. --grace 0s also deletes new layers. Builds that no workflow run accounts for
can then lose what they are about to reference.

With --format json: one object with the plan, its totals by reason and, unless it is
a dry run, the result; sizes in bytes.`,
		Example: `  docker ghacache prune --dry-run
  docker ghacache prune --ref 12 --ref 'feature/*'
  docker ghacache prune --keep-storage 8GB --force`,
		Args: maxArgs(0),
		RunE: func(cmd *cobra.Command, _ []string) error { return runPrune(cmd.Context(), env, o) },
	}
	flags := cmd.Flags()
	repoFlag(cmd, &o.repo)
	scopeFlag(env, cmd, &o.repo, &o.scopes)
	refFlag(env, cmd, &o.repo, &o.refs)
	flags.Var(&o.filter, "filter", "Only caches that were not used since then: until=168h|DATE")
	flags.BoolVar(&o.closed, "closed", false, "Delete entries on closed pull requests and on deleted branches and tags")
	flags.BoolVar(&o.superseded, "superseded", false, "Delete all but the newest two versions of each index")
	flags.BoolVar(&o.unreferenced, "unreferenced", false, "Delete layers that no index references")
	flags.StringVar(&o.keepStorage, "keep-storage", "", "Delete the least recently used caches until at most this size is left, such as 8GB")
	flags.BoolVarP(&o.all, "all", "a", false, "Delete everything that BuildKit wrote")
	flags.BoolVar(&o.includeOther, "include-other", false, "With --all: also delete the entries of other tools")
	flags.BoolVar(&o.likely, "likely", false, "Also delete layers that a workflow run under way could need, but probably does not")
	flags.DurationVar(&o.grace, "grace", reclaim.DefaultGrace, "Keep entries that are younger; 0s trusts GitHub's list of workflow runs alone")
	flags.BoolVar(&o.dryRun, "dry-run", false, "Show the plan and delete nothing")
	flags.BoolVarP(&o.force, "force", "f", false, "Do not ask for confirmation")
	flags.StringVar(&o.format, "format", "", `Format the output: "json"`)
	return cmd
}

// policy is what the options ask for.
func (o pruneOptions) policy(env *Env) (reclaim.Policy, error) {
	selected, err := newSelector(env, o.scopes, o.refs, o.filter, "scope", "ref", "until")
	if err != nil {
		return reclaim.Policy{}, err
	}
	if o.includeOther && !o.all {
		return reclaim.Policy{}, usage(errors.New("--include-other goes with --all"), "docker ghacache prune --all --include-other")
	}
	if o.all && (o.closed || o.superseded || o.unreferenced || o.keepStorage != "") {
		return reclaim.Policy{}, usage(errors.New("--all deletes everything, so --closed, --superseded, --unreferenced and --keep-storage do not go with it"),
			"leave out --all")
	}
	if o.grace < 0 {
		return reclaim.Policy{}, usage(fmt.Errorf("--grace %s is negative", o.grace), "")
	}
	p := reclaim.Policy{
		Until: selected.Until, Closed: o.closed, Superseded: o.superseded, Unreferenced: o.unreferenced,
		All: o.all, Other: o.includeOther, Grace: o.grace,
	}
	if o.keepStorage != "" {
		if p.KeepStorage, err = units.RAMInBytes(o.keepStorage); err != nil || p.KeepStorage <= 0 {
			return p, usage(fmt.Errorf("reading --keep-storage: %q is no size", o.keepStorage), "--keep-storage 8GB")
		}
	}
	if len(selected.Scopes) > 0 {
		p.Scope = func(scope string) bool { return listing.Match(selected.Scopes, scope) }
	}
	if len(selected.Refs) > 0 {
		p.Ref = func(ref string) bool { return listing.Match(selected.Refs, ref) }
	}
	return p, nil
}

func runPrune(ctx context.Context, env *Env, o pruneOptions) error {
	policy, err := o.policy(env)
	if err != nil {
		return err
	}
	report, err := env.pruneReport(o)
	if err != nil {
		return err
	}
	repo, err := openRepository(env, o.repo)
	if err != nil {
		return err
	}
	report.target = repo.Client.Target()
	p := pruner{Repository: repo, env: env, policy: policy, likely: o.likely}
	plan, err := agree(ctx, p, report)
	if err != nil {
		return err
	}
	if plan == nil {
		return report.finish(reclaim.Result{}, nil)
	}
	return report.finish(plan.Execute(ctx, repo, env.Now, report.progress()))
}

// maxPlans is how often a plan is made anew because a build came between.
const maxPlans = 10

// agree returns the plan to execute, or none.
func agree(ctx context.Context, p pruner, report *pruneReport) (*reclaim.Plan, error) {
	plan, err := p.plan(ctx)
	if err != nil {
		return nil, err
	}
	for range maxPlans {
		if err := report.plan(plan); err != nil {
			return nil, err
		}
		if !report.deletes() || report.opts.dryRun {
			return nil, nil
		}
		if agreed, err := report.confirm(ctx); !agreed || err != nil {
			return nil, err
		}
		fresh, err := p.plan(ctx)
		if err != nil {
			return nil, err
		}
		// A build may have exported since; then the plan rests on what is no more.
		if fresh.Heads == plan.Heads && covers(plan, fresh) {
			return fresh, nil
		}
		p.env.notes().Note(ui.Warning, "the cache has changed meanwhile; planning again", "")
		plan = fresh
	}
	return nil, hint.With(fmt.Errorf("the cache kept changing; gave up after %d plans", maxPlans), "run it again when fewer builds are running")
}

// covers reports whether a plan that was agreed to deletes all that another one does.
func covers(agreed, other *reclaim.Plan) bool {
	ids := map[int64]bool{}
	for v := range agreed.Deletions() {
		ids[v.ID] = true
	}
	for v := range other.Deletions() {
		if !ids[v.ID] {
			return false
		}
	}
	return true
}
