package plugin

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/reclaim"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
	"github.com/docker-ghacache/docker-ghacache/internal/view"
	"github.com/docker/cli/opts"
	"github.com/spf13/cobra"
)

type inspectOptions struct {
	repo   string
	scope  string
	refs   []string
	format string
}

func newInspectCommand(env *Env) *cobra.Command {
	var o inspectOptions
	cmd := &cobra.Command{
		Use:   "inspect [OPTIONS] SCOPE",
		Short: "Show the layers of a scope, and which are missing",
		Long: `Shows the index of a scope as a tree of layers and records. A record is the cache
key of a build step, and its layer is the result of that step. For each layer it
shows the size, the other scopes that share it, and whether it was evicted.

Exits with 1 if a layer is missing, or if the scope cannot be shown.

With --format json: an array with an object for each ref, sizes in bytes, null for
unknown values.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage(errors.New("exactly one scope is needed"), "docker ghacache ls")
			}
			return nil
		},
		ValidArgsFunction: completeScopes(env, &o.repo),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.scope = args[0]
			return runInspect(cmd.Context(), env, o)
		},
	}
	repoFlag(cmd, &o.repo)
	refFlag(env, cmd, &o.repo, &o.refs)
	cmd.Flags().StringVar(&o.format, "format", "", `Format the output: "json"`)
	return cmd
}

func runInspect(ctx context.Context, env *Env, o inspectOptions) error {
	if err := checkFormat(o.format); err != nil {
		return err
	}
	selected, err := newSelector(env, nil, o.refs, opts.NewFilterOpt())
	if err != nil {
		return err
	}
	repo, snap, err := openSnapshot(ctx, env, o.repo)
	if err != nil {
		return err
	}
	wanted := func(c *reclaim.Cache) bool { return c.Scope == o.scope && selected.Place(c) }
	found, unread := []view.Inspected{}, false
	for i := range snap.Caches {
		switch c := &snap.Caches[i]; {
		case !wanted(c):
		case c.Err != nil:
			unread = true
		default:
			found = append(found, view.Inspect(snap.Analysis, c, snap.Indexes[c.Head.ID].Index))
		}
	}
	if len(found) == 0 && !unread {
		return hint.With(fmt.Errorf("there is no cache of scope %q", o.scope), "docker ghacache ls")
	}
	if err := printInspected(env, found, o.format); err != nil {
		return err
	}
	repo.NoteUnread(snap, wanted)
	incomplete := slices.ContainsFunc(found, func(c view.Inspected) bool { return c.Missing > 0 })
	if incomplete || len(found) == 0 {
		return exit(1)
	}
	return nil
}

func printInspected(env *Env, found []view.Inspected, format string) error {
	if format == "json" {
		return ui.WriteJSON(env.Stdout, found)
	}
	return view.PrintInspected(env.output(), found)
}
