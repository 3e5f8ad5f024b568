package plugin

import (
	"context"
	"fmt"
	"slices"

	"github.com/docker-ghacache/docker-ghacache/internal/reclaim"
	"github.com/docker/cli/opts"
	"github.com/spf13/cobra"
)

type lsOptions struct {
	repo    string
	scopes  []string
	refs    []string
	filter  opts.FilterOpt
	sort    string
	entries bool
	all     bool
	format  string
	quiet   bool
	noTrunc bool
}

func newLsCommand(env *Env) *cobra.Command {
	o := lsOptions{filter: opts.NewFilterOpt()}
	cmd := &cobra.Command{
		Use:     "ls [OPTIONS]",
		Aliases: []string{"list"},
		Short:   "List what builds keep in the cache, by scope and ref",
		Example: `  docker ghacache ls --scope image
  docker ghacache ls --entries --filter kind=layer --filter larger=100MB --sort size`,
		Args: maxArgs(0),
		RunE: func(cmd *cobra.Command, _ []string) error { return runLs(cmd.Context(), env, o) },
	}
	flags := cmd.Flags()
	repoFlag(cmd, &o.repo)
	selectFlags(env, cmd, &o.repo, &o.scopes, &o.refs)
	flags.VarP(&o.filter, "filter", "f", "Filter by scope, ref, kind, state, until=168h|DATE, larger=100MB")
	flags.StringVar(&o.sort, "sort", "scope", `Sort by "size", "created", "used" or "scope"`)
	flags.BoolVar(&o.entries, "entries", false, "Show a row for each cache entry")
	flags.BoolVarP(&o.all, "all", "a", false, "Show entries of other tools, too; implies --entries")
	flags.StringVar(&o.format, "format", "", `Format the output: "table", "json" or a Go template`)
	flags.BoolVarP(&o.quiet, "quiet", "q", false, "Only show scopes or, with --entries, IDs")
	flags.BoolVar(&o.noTrunc, "no-trunc", false, "Do not shorten the output")
	return cmd
}

func runLs(ctx context.Context, env *Env, o lsOptions) error {
	selected, err := newSelector(o.scopes, o.refs, o.filter, env.Now(), "scope", "ref", "kind", "state", "until", "larger")
	if err != nil {
		return err
	}
	repo, err := openRepository(env, o.repo)
	if err != nil {
		return err
	}
	_, analysis, err := repo.analysis(ctx)
	if err != nil {
		return err
	}
	sample, table, rows := row(cacheRow{}), cacheTable, []row(nil)
	switch {
	case o.all:
		sample, table, rows = entryRow{}, allTable, entryRows(analysis, selected, true)
	case o.entries || len(selected.kinds) > 0:
		sample, table, rows = entryRow{}, entryTable, entryRows(analysis, selected, false)
	default:
		rows = cacheRows(analysis, selected)
	}
	if err := sortRows(rows, o.sort); err != nil {
		return err
	}
	if err := env.printRows(sample, rows, rowFormat{table: table, format: o.format, quiet: o.quiet, noTrunc: o.noTrunc}); err != nil {
		return err
	}
	if o.quiet || o.format != "" && o.format != "table" {
		return nil
	}
	env.lsFootnotes(analysis, o)
	return nil
}

func repoFlag(cmd *cobra.Command, repo *string) {
	cmd.Flags().StringVarP(repo, "repo", "R", "", "Repository, as [HOST/]OWNER/NAME")
}

// lsFootnotes tells what the rows leave out.
func (e *Env) lsFootnotes(analysis *reclaim.Analysis, o lsOptions) {
	unread := 0
	for i := range analysis.Caches {
		if analysis.Caches[i].Err != nil {
			unread++
		}
	}
	if unread > 0 {
		why := "a job's runtime token reads them: run this in a job on that ref"
		fmt.Fprintf(e.Stderr, "%d of %d indexes could not be read, so their layers are not known (%s)\n", unread, len(analysis.Caches), why)
	}
	if count, size := others(analysis); count > 0 && !o.all {
		fmt.Fprintf(e.Stderr, "%d entries of other tools with %s are not shown (--all)\n", count, humanSize(size))
	}
}

// selectFlags are --scope and --ref, completed from the real listing.
func selectFlags(env *Env, cmd *cobra.Command, repo *string, scopes, refs *[]string) {
	cmd.Flags().StringArrayVar(scopes, "scope", nil, "Only these scopes (glob)")
	cmd.Flags().StringArrayVar(refs, "ref", nil, "Only these refs (glob): main, 12 or #12 for a pull request, refs/…")
	complete := func(pick func(*reclaim.Cache) string) cobra.CompletionFunc {
		return func(cmd *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return completeFromListing(cmd.Context(), env, *repo, pick), cobra.ShellCompDirectiveNoFileComp
		}
	}
	// The flags exist, so registering cannot fail.
	_ = cmd.RegisterFlagCompletionFunc("scope", complete(func(c *reclaim.Cache) string { return c.Scope }))
	_ = cmd.RegisterFlagCompletionFunc("ref", complete(func(c *reclaim.Cache) string { return c.Ref }))
}

// completeFromListing offers what the cache holds; nothing where it cannot be
// listed, because a completion has nowhere to say why.
func completeFromListing(ctx context.Context, env *Env, repo string, pick func(*reclaim.Cache) string) []cobra.Completion {
	r, err := openRepository(env, repo)
	if err != nil {
		return nil
	}
	r.runtime = nil // names are in the keys
	_, analysis, err := r.analysis(ctx)
	if err != nil {
		return nil
	}
	var found []cobra.Completion
	for i := range analysis.Caches {
		if word := pick(&analysis.Caches[i]); !slices.Contains(found, word) {
			found = append(found, word)
		}
	}
	return found
}
