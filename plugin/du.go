package plugin

import (
	"context"

	"github.com/docker-ghacache/docker-ghacache/internal/actions"
	"github.com/docker-ghacache/docker-ghacache/internal/listing"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
	"github.com/docker-ghacache/docker-ghacache/internal/view"
	"github.com/spf13/cobra"
)

type duOptions struct {
	repo    string
	format  string
	summary bool
}

func newDuCommand(env *Env) *cobra.Command {
	var o duOptions
	cmd := &cobra.Command{
		Use:   "du [OPTIONS]",
		Short: "Show what fills the cache: by scope, ref and kind, against the limit",
		Long: `Shows how much of the cache's limit is used, by scope, ref and kind. A layer that
several scopes share counts as "(several scopes)" and for none of them. A layer in no
readable index counts as "(scope unknown)".

RECLAIMABLE is what prune deletes without options, and LIKELY what prune --likely
deletes as well.

With --format json: one object, sizes in bytes, 0 for an unknown limit. Its schema is
docs/schema/du.json of the project.`,
		Args: maxArgs(0),
		RunE: func(cmd *cobra.Command, _ []string) error { return runDu(cmd.Context(), env, o) },
	}
	repoFlag(cmd, &o.repo)
	cmd.Flags().StringVar(&o.format, "format", "", `Format the output: "json"`)
	cmd.Flags().BoolVar(&o.summary, "summary", false, "In a job: add a table to its summary ($GITHUB_STEP_SUMMARY)")
	return cmd
}

func runDu(ctx context.Context, env *Env, o duOptions) error {
	if err := checkFormat(o.format); err != nil {
		return err
	}
	summary, err := env.summaryFile(o.summary)
	if err != nil {
		return err
	}
	repo, err := openRepository(env, o.repo)
	if err != nil {
		return err
	}
	snap, plan, err := repo.Forecast(ctx)
	if err != nil {
		return err
	}
	limits, err := repo.Client.Limits(ctx)
	if err != nil {
		repo.Warn("the limit is not known", err)
	}
	used := view.Measure(plan.Verdicts, limits)
	if summary != "" {
		if err := actions.AppendSummary(summary, used.Markdown()); err != nil {
			return err
		}
	}
	if o.format == "json" {
		return ui.WriteJSON(env.Stdout, used)
	}
	if err := used.Print(env.output()); err != nil {
		return err
	}
	repo.NoteUnread(snap, listing.EveryCache)
	repo.NoteEmpty(snap)
	return nil
}
