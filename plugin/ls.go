package plugin

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/listing"
	"github.com/docker-ghacache/docker-ghacache/internal/localcache"
	"github.com/docker-ghacache/docker-ghacache/internal/reclaim"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
	"github.com/docker-ghacache/docker-ghacache/internal/view"
	"github.com/docker/cli/opts"
	"github.com/spf13/cobra"
)

type lsOptions struct {
	repo    string
	scopes  []string
	refs    []string
	filter  opts.FilterOpt
	sort    string
	asc     bool
	limit   int
	entries bool
	all     bool
	format  string
	quiet   bool
	noTrunc bool
	local   string
}

func newLsCommand(env *Env) *cobra.Command {
	o := lsOptions{filter: opts.NewFilterOpt()}
	cmd := &cobra.Command{
		Use:     "ls [OPTIONS]",
		Aliases: []string{"list"},
		Short:   "List what builds keep in the cache, by scope and ref",
		Long: `Lists a row for each scope and ref: the layers that its index references, their
size, and the size that no other cache shares. Only the runtime token of a job on
that ref can read the index. Without it, these columns show -.

RECLAIMABLE is what prune deletes of it without options: versions of its index, and
layers on its ref. It shows - if these layers can also belong to another scope. The
field Likely is what prune --likely deletes as well.

States, which --filter state=… and "prune --state" select:

  live          A build can use it: one of the newest two versions of an index, or a layer
                that they reference.
  incomplete    A cache whose index references a layer that is missing.
  superseded    An older version of an index, or a layer that only these reference.
  unreferenced  No index references the layer, or no layer of the index is left.
  closed        On a closed pull request, or on a deleted branch or tag.
  unknown       An index that cannot be read might reference it.

With --local: lists the folder of --cache-to type=local,dest=…, a row for each tag. A
tag is shown as a scope, and there are no refs. The last use is as exact as the file
system notes it.

With --format json: an object a line, sizes in bytes, null for unknown values. The
schemas are in docs/schema of the project, ls.json and ls-entries.json.

Whoever can write to the cache chooses scopes and keys. In all other formats, also in
those of a Go template, � replaces what a terminal or the log of a job would obey, such
as control characters and workflow commands. JSON has the exact names.

Fields of a Go template, without and with --entries:

  ` + strings.Join(view.CacheColumns().Fields(".", ""), " ") + `
  ` + strings.Join(view.EntryColumns().Fields(".", ""), " "),
		Args: maxArgs(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if isLocal(cmd) {
				return runLsLocal(cmd, env, o)
			}
			return runLs(cmd.Context(), env, o)
		},
	}
	flags := cmd.Flags()
	repoFlag(cmd, &o.repo)
	scopeFlag(env, cmd, &o.repo, &o.scopes)
	refFlag(env, cmd, &o.repo, &o.refs)
	flags.VarP(&o.filter, "filter", "f", "Filter by scope, ref, kind, key=PREFIX, state, until=168h|DATE (last use before it), larger=100MB")
	flags.StringVar(&o.sort, "sort", "scope", `Sort by "size", "created", "used" or "scope"`)
	completeValues(cmd, "sort", "size", "created", "used", "scope")
	flags.BoolVar(&o.asc, "asc", false, "Sort the smallest and the oldest first")
	flags.IntVar(&o.limit, "limit", 0, "Show the first rows only; 0 shows all")
	flags.BoolVar(&o.entries, "entries", false, "Show a row for each cache entry")
	flags.BoolVarP(&o.all, "all", "a", false, "Also show entries of other tools; implies --entries")
	flags.StringVar(&o.format, "format", "", `Format the output: "table", "json" or a Go template`)
	flags.BoolVarP(&o.quiet, "quiet", "q", false, "Only show scopes or, with --entries, IDs")
	flags.BoolVar(&o.noTrunc, "no-trunc", false, "Do not shorten the output")
	localFlag(cmd, &o.local)
	return cmd
}

func runLs(ctx context.Context, env *Env, o lsOptions) error {
	selected, err := listing.NewSelector(o.scopes, o.refs, o.filter.Value(), env.Now(), "scope", "ref", "kind", "key", "state", "until", "larger")
	if err != nil {
		return err
	}
	if err := o.check(selected); err != nil {
		return err
	}
	repo, err := openRepository(env, o.repo)
	if err != nil {
		return err
	}
	snap, plan, err := o.look(ctx, repo, !o.showsAll(selected) && !o.showsEntries(selected))
	if err != nil {
		return err
	}
	hidden, err := o.print(env, snap.Analysis, plan, selected)
	if err != nil {
		return err
	}
	repo.NoteMissed(selected.Choices(snap.Analysis))
	if o.rowFormat().IsTable() {
		noteHidden(hidden, repo.Note)
		repo.NoteUnread(snap, selected.Place)
		env.noteOthers(snap.Analysis, o.all)
		repo.NoteEmpty(snap)
	}
	return nil
}

func runLsLocal(cmd *cobra.Command, env *Env, o lsOptions) error {
	if err := checkLocal(cmd, "scope", "filter", "sort", "asc", "limit", "entries", "format", "quiet", "no-trunc"); err != nil {
		return err
	}
	selected, err := listing.NewSelector(o.scopes, nil, o.filter.Value(), env.Now(), "scope", "kind", "key", "state", "until", "larger")
	if err != nil {
		return err
	}
	if err := o.check(selected); err != nil {
		return err
	}
	layout, err := localcache.Read(o.local)
	if err != nil {
		return err
	}
	hidden, err := o.print(env, layout.Analysis, layout.Forecast(env.Now()), selected)
	if err != nil {
		return err
	}
	if o.rowFormat().IsTable() {
		noteHidden(hidden, func(text, fix string) { env.notes().Note(ui.Info, text, fix) })
		layout.NoteUnread(func(text, fix string) { env.notes().Note(ui.Warning, text, fix) }, selected.Place)
	}
	return nil
}

func (o lsOptions) rowFormat() view.Format {
	return view.Format{Template: o.format, Quiet: o.quiet, NoTrunc: o.noTrunc}
}

// showsAll reports whether entries of other tools are wanted.
func (o lsOptions) showsAll(selected listing.Selector) bool {
	return o.all || slices.Contains(selected.Kinds, bkcache.KindOther.String())
}

// showsEntries reports whether rows are entries, and not caches.
func (o lsOptions) showsEntries(selected listing.Selector) bool {
	return o.entries || len(selected.Kinds)+len(selected.Keys) > 0
}

// check finds mistakes before the cache is listed.
func (o lsOptions) check(selected listing.Selector) error {
	columns := view.CacheColumns()
	if o.showsAll(selected) || o.showsEntries(selected) {
		columns = view.EntryColumns()
	}
	if o.limit < 0 {
		return usage(fmt.Errorf("--limit %d is negative", o.limit), "--limit 10")
	}
	return o.rowFormat().Check(columns)
}

// print prints the rows, and returns how many it leaves out.
func (o lsOptions) print(env *Env, analysis *reclaim.Analysis, plan *reclaim.Plan, selected listing.Selector) (hidden int, err error) {
	rows := view.Caches(analysis, plan, selected)
	switch {
	case o.showsAll(selected):
		rows = view.AllEntries(analysis, selected)
	case o.showsEntries(selected):
		rows = view.Entries(analysis, selected)
	}
	if err := rows.Sort(o.sort, o.asc); err != nil {
		return 0, err
	}
	rows, hidden = rows.Limit(o.limit)
	return hidden, rows.Print(env.output(), o.rowFormat())
}

func noteHidden(hidden int, note func(text, fix string)) {
	if hidden > 0 {
		note("not shown: "+ui.Count(hidden, "row", "rows"), "docker ghacache ls --limit 0")
	}
}

// look takes a snapshot and, where it is shown what is reclaimable, a plan of it.
func (o lsOptions) look(ctx context.Context, repo *listing.Repository, caches bool) (*listing.Snapshot, *reclaim.Plan, error) {
	if caches && !o.quiet {
		return repo.Forecast(ctx)
	}
	snap, err := repo.Snapshot(ctx)
	return snap, nil, err
}

// noteOthers counts what is not BuildKit's where it is not shown.
func (e *Env) noteOthers(analysis *reclaim.Analysis, shown bool) {
	if count, size := view.Others(analysis); count > 0 && !shown {
		e.notes().Note(ui.Info, fmt.Sprintf("not shown: %s of other tools with %s", ui.Entries(count), ui.Size(size)), "docker ghacache ls --all")
	}
}
