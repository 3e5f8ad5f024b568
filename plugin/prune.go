package plugin

import (
	"context"
	"fmt"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/listing"
	"github.com/docker-ghacache/docker-ghacache/internal/reclaim"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
	"github.com/docker/cli/opts"
	"github.com/spf13/cobra"
)

type pruneOptions struct {
	repo         string
	scopes       []string
	refs         []string
	ids          []int64
	keys         []string
	states       []string
	filter       opts.FilterOpt
	closed       bool
	superseded   bool
	unreferenced bool
	keepStorage  string
	keepVersions int
	all          bool
	includeOther bool
	likely       bool
	grace        time.Duration
	dryRun       bool
	force        bool
	format       string
	local        string
	keepTags     []string
}

const pruneLong = `Deletes cache entries of BuildKit. Without a selection it deletes the caches of
closed pull requests and deleted branches, old versions of indexes, caches of which
no layer is left, and layers that no index references. With --scope, --ref or
--filter until=… it deletes whole caches. It shows the plan with a reason for each
entry, and asks for confirmation before it deletes. A selection that matches nothing
is a warning, and the exit code is 0.

It needs the permission actions: write and, to know what is closed and what runs,
contents: read and pull-requests: read.

An index lists the layers that builds need, and only the runtime token of a job can
read it. So prune proves most in a job that exposes this token. There are three classes:

  unneeded   It is proven that no build needs it. prune deletes it.
  likely     An index that cannot be read might reference the layer, but the layer was
             not in use when that index was written. Or a workflow run under way can
             see the layer, but has not created or used it so far. --likely deletes it.
             If that was wrong, the next build runs one step again.
  unknown    An index that cannot be read might reference the layer. prune keeps it.

prune also keeps everything younger than --grace, unless you select it by --scope,
--ref, --id, --key or --all. Whatever you select, it keeps layers that were created
or used since a workflow run under way began. If the service does not list its runs,
as "serve" does not, prune assumes one that began --grace ago. With --grace 0s, a build
that no workflow run accounts for can lose layers that its index is about to reference.

With --ref and a pull request, prune deletes everything on its ref, because no job on
another ref reads it. On a branch that pull requests read, it keeps an index as long
as it must keep the layers of that index.

Exits with 1 if it could not delete all of the plan, and with --keep-storage also if
more is left than the size that was given.

With --local: deletes from the folder of --cache-to type=local,dest=… what no manifest
of its index.json references, and what --keep-tags and --keep-storage select. It
deletes nothing while a build that runs with this plugin uses the folder, nor while there
are files younger than --grace, by default 1h, that no manifest references: a build
without the plugin can be exporting them.

With --format json: one object with the plan, its totals by reason and, unless it is
a dry run, the result; sizes in bytes.`

func newPruneCommand(env *Env) *cobra.Command {
	o := pruneOptions{filter: opts.NewFilterOpt()}
	cmd := &cobra.Command{
		Use:   "prune [OPTIONS]",
		Short: "Delete what no build needs, or what you select",
		Long:  pruneLong,
		Args:  maxArgs(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if isLocal(cmd) {
				return runPruneLocal(cmd, env, o)
			}
			return runPrune(cmd.Context(), env, o)
		},
	}
	flags := cmd.Flags()
	repoFlag(cmd, &o.repo)
	scopeFlag(env, cmd, &o.repo, &o.scopes)
	refFlag(env, cmd, &o.repo, &o.refs)
	flags.Int64SliceVar(&o.ids, "id", nil, "Delete the entries with these IDs, except layers that an index references")
	flags.Lookup("id").DefValue = "" // else the help shows []
	flags.StringSliceVar(&o.keys, "key", nil, "Like --id, for entries whose key has this prefix, also those of other tools")
	flags.StringSliceVar(&o.states, "state", nil, `Delete what ls shows as "superseded", "unreferenced", "closed" or "incomplete"`)
	flags.Var(&o.filter, "filter", "Only caches that were last used before this: until=168h|DATE")
	flags.BoolVar(&o.closed, "closed", false, "Delete entries on closed pull requests and on deleted branches and tags")
	flags.BoolVar(&o.superseded, "superseded", false, "Delete old versions of each index")
	flags.BoolVar(&o.unreferenced, "unreferenced", false, "Delete layers that no index references")
	flags.IntVar(&o.keepVersions, "keep-versions", reclaim.CurrentVersions, "Keep this many versions of each index, and delete older ones")
	flags.StringVar(&o.keepStorage, "keep-storage", "", "Delete the least recently used caches until at most this size is left, such as 8GB")
	flags.StringVar(&o.keepStorage, "max-used-space", "", "Same as --keep-storage")
	flags.BoolVarP(&o.all, "all", "a", false, "Delete everything that BuildKit wrote")
	flags.BoolVar(&o.includeOther, "include-other", false, "With --all or --keep-storage: also delete the entries of other tools")
	flags.BoolVar(&o.likely, "likely", false, "Also delete layers that probably no build needs. At worst, the next build runs their steps again")
	flags.DurationVar(&o.grace, "grace", reclaim.DefaultGrace, "Keep entries that are younger; 0s keeps only what a workflow run under way could need. With --local, the default is 1h")
	flags.BoolVar(&o.dryRun, "dry-run", false, "Show the plan and delete nothing")
	flags.BoolVarP(&o.force, "force", "f", false, "Do not ask for confirmation")
	flags.StringVar(&o.format, "format", "", `Format the output: "json"`)
	localFlag(cmd, &o.local)
	flags.StringArrayVar(&o.keepTags, "keep-tags", nil, "With --local: delete the caches of all other tags (glob). With --keep-storage: only until that size is left")
	return cmd
}

func runPrune(ctx context.Context, env *Env, o pruneOptions) error {
	selection, err := o.selection(env)
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
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	p := &pruner{Repository: repo, env: env, selection: selection}
	p.Repository.Reads = p.reads
	plan, err := agree(ctx, p, report)
	if err != nil {
		return err
	}
	if plan == nil {
		return report.finish(reclaim.Result{}, nil)
	}
	return report.finish(plan.Execute(ctx, &listing.Gate{Service: p, Stop: stop}, env.Now, report.progress()))
}

// maxPlans is how often a plan is made anew because a build came between.
const maxPlans = 10

// agree returns the plan to execute, or none.
func agree(ctx context.Context, p *pruner, report *pruneReport) (*reclaim.Plan, error) {
	plan, err := p.plan(ctx)
	if err != nil {
		return nil, err
	}
	p.noteMatches()
	for range maxPlans {
		if err := report.plan(plan, p.policy); err != nil {
			return nil, err
		}
		if report.opts.dryRun || !report.asks() {
			return nil, nil
		}
		answer, err := report.confirm(ctx)
		if answer == no || err != nil {
			return nil, err
		}
		p.policy.Likely = answer == yesLikely
		fresh, err := p.plan(ctx)
		if err != nil {
			return nil, err
		}
		chosen, agreed := choose(fresh, p.policy), choose(plan, p.policy)
		report.chosen(chosen, chosen.Left)
		// A build may have exported since; then the plan rests on what is no more.
		if fresh.Heads == plan.Heads && covers(agreed, chosen) {
			return chosen, nil
		}
		p.env.notes().Note(ui.Warning, "the cache has changed meanwhile; planning again", "")
		plan = fresh
	}
	return nil, hint.With(fmt.Errorf("the cache kept changing; gave up after %d plans", maxPlans), "run it again when fewer builds are running")
}

// choose leaves out what is no more than likely, unless that was asked for.
func choose(plan *reclaim.Plan, policy reclaim.Policy) *reclaim.Plan {
	if policy.Likely {
		return plan
	}
	return plan.Proven()
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
