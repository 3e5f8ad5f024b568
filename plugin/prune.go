package plugin

import (
	"context"

	"github.com/docker-ghacache/docker-ghacache/internal/localcache"
	"github.com/docker-ghacache/docker-ghacache/internal/pruning"
	"github.com/docker-ghacache/docker-ghacache/internal/reclaim"
	"github.com/docker/cli/opts"
	"github.com/spf13/cobra"
)

type pruneOptions struct {
	pruning.Options
	repo   string
	format string
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
or used since a workflow run under way began. If it cannot list the runs, it assumes one
that began --grace ago. A service like "serve" has no runs. There it keeps layers that
were created or used within --grace, unless you select by --scope, --ref, --id, --key or
--all. With --grace 0s, a build that no workflow run accounts for can lose layers that
its index is about to reference.

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
	o := pruneOptions{Options: pruning.Options{Filter: opts.NewFilterOpt()}}
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
	scopeFlag(env, cmd, &o.repo, &o.Scopes)
	refFlag(env, cmd, &o.repo, &o.Refs)
	flags.Int64SliceVar(&o.IDs, "id", nil, "Delete the entries with these IDs, except layers that an index references")
	flags.Lookup("id").DefValue = "" // else the help shows []
	flags.StringSliceVar(&o.Keys, "key", nil, "Like --id, for entries whose key has this prefix, also those of other tools")
	flags.StringSliceVar(&o.States, "state", nil, `Delete what ls shows as "superseded", "unreferenced", "closed" or "incomplete"`)
	completeValues(cmd, "state", "superseded", "unreferenced", "closed", "incomplete")
	flags.Var(&o.Filter, "filter", "Only caches that were last used before this: until=168h|DATE")
	flags.BoolVar(&o.Closed, "closed", false, "Delete entries on closed pull requests and on deleted branches and tags")
	flags.BoolVar(&o.Superseded, "superseded", false, "Delete old versions of each index")
	flags.BoolVar(&o.Unreferenced, "unreferenced", false, "Delete layers that no index references")
	flags.IntVar(&o.KeepVersions, "keep-versions", reclaim.CurrentVersions, "Keep this many versions of each index, and delete older ones")
	flags.StringVar(&o.KeepStorage, "keep-storage", "", "Delete the least recently used caches until at most this size is left, such as 8GB")
	flags.StringVar(&o.KeepStorage, "max-used-space", "", "Same as --keep-storage")
	flags.BoolVarP(&o.All, "all", "a", false, "Delete everything that BuildKit wrote")
	flags.BoolVar(&o.IncludeOther, "include-other", false, "With --all or --keep-storage: also delete the entries of other tools")
	flags.BoolVar(&o.Likely, "likely", false, "Also delete layers that probably no build needs. At worst, the next build runs their steps again")
	flags.DurationVar(&o.Grace, "grace", reclaim.DefaultGrace, "Keep entries that are younger; 0s keeps only what a workflow run under way could need. With --local, the default is 1h")
	flags.BoolVar(&o.DryRun, "dry-run", false, "Show the plan and delete nothing")
	flags.BoolVarP(&o.Force, "force", "f", false, "Do not ask for confirmation")
	flags.StringVar(&o.format, "format", "", `Format the output: "json"`)
	localFlag(cmd, &o.Local)
	flags.StringArrayVar(&o.KeepTags, "keep-tags", nil, "With --local: delete the caches of all other tags (glob). With --keep-storage: only until that size is left")
	return cmd
}

func runPrune(ctx context.Context, env *Env, o pruneOptions) error {
	if err := o.read(); err != nil {
		return err
	}
	prune, err := pruning.New(env.console(), o.Options, env.Now)
	if err != nil {
		return err
	}
	repo, err := openRepository(env, o.repo)
	if err != nil {
		return err
	}
	return exitUnless(prune.Run(ctx, repo))
}

func runPruneLocal(cmd *cobra.Command, env *Env, o pruneOptions) error {
	if err := checkLocal(cmd, "keep-tags", "keep-storage", "max-used-space", "grace", "dry-run", "force", "format"); err != nil {
		return err
	}
	if !cmd.Flags().Changed("grace") {
		o.Grace = localcache.DefaultGrace
	}
	if err := o.read(); err != nil {
		return err
	}
	return exitUnless(pruning.Local(cmd.Context(), env.console(), o.Options, env.Now()))
}

func (o *pruneOptions) read() error {
	o.JSON = o.format == "json"
	return checkFormat(o.format)
}
