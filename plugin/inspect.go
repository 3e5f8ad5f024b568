package plugin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/github"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/listing"
	"github.com/docker-ghacache/docker-ghacache/internal/localcache"
	"github.com/docker-ghacache/docker-ghacache/internal/reclaim"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
	"github.com/docker-ghacache/docker-ghacache/internal/view"
	"github.com/spf13/cobra"
)

type inspectOptions struct {
	repo   string
	scope  string
	refs   []string
	format string
	local  string
}

func newInspectCommand(env *Env) *cobra.Command {
	var o inspectOptions
	cmd := &cobra.Command{
		Use:   "inspect [OPTIONS] SCOPE | --local DIR [TAG]",
		Short: "Show the layers of a scope, and which are missing",
		Long: `Shows the index of a scope as a tree of layers and records. A record is the cache
key of a build step, and its layer is the result of that step. For each layer it
shows the size, the other scopes that share it, and whether it was evicted. A layer
without a branch of its own is on top of the one above it.

Only the runtime token of a job on the ref can read the index. Without it, inspect
shows what is known: the key, the versions, the times and the size of the index.

With --local: shows the tags in the folder of --cache-to type=local,dest=…, or one of
them. A tag is shown as a scope, and the manifest of a tag as its index.

Exits with 1 if a layer is missing, or if none of the indexes can be read.

With --format json: an array with an object for each ref, sizes in bytes, null for
unknown values. Its schema is docs/schema/inspect.json of the project.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if isLocal(cmd) && len(args) < 2 {
				return nil
			}
			if len(args) != 1 {
				return usage(errors.New("exactly one scope is needed"), "docker ghacache ls")
			}
			return nil
		},
		ValidArgsFunction: completeScopes(env, &o.repo),
		RunE: func(cmd *cobra.Command, args []string) error {
			if isLocal(cmd) {
				return runInspectLocal(cmd, env, o, args)
			}
			o.scope = args[0]
			return runInspect(cmd.Context(), env, o)
		},
	}
	repoFlag(cmd, &o.repo)
	refFlag(env, cmd, &o.repo, &o.refs)
	cmd.Flags().StringVar(&o.format, "format", "", `Format the output: "json"`)
	localFlag(cmd, &o.local)
	return cmd
}

func runInspect(ctx context.Context, env *Env, o inspectOptions) error {
	if err := checkFormat(o.format); err != nil {
		return err
	}
	selected, err := listing.NewSelector(nil, o.refs, nil, env.Now())
	if err != nil {
		return err
	}
	repo, snap, err := openSnapshot(ctx, env, o.repo)
	if err != nil {
		return err
	}
	wanted := func(c *reclaim.Cache) bool { return c.Scope == o.scope && selected.Place(c) }
	found, read := []view.Inspected{}, false
	for i := range snap.Caches {
		if c := &snap.Caches[i]; wanted(c) {
			found = append(found, view.Inspect(snap.Analysis, c, snap.Indexes[c.Head.ID].Index))
			read = read || c.Err == nil
		}
	}
	if len(found) == 0 {
		return o.notFound(snap.Analysis)
	}
	if err := printInspected(env, found, o.format); err != nil {
		return err
	}
	repo.NoteUnread(snap, wanted)
	if incomplete := func(c view.Inspected) bool { return c.Missing != nil && *c.Missing > 0 }; !read || slices.ContainsFunc(found, incomplete) {
		return exit(1)
	}
	return nil
}

func runInspectLocal(cmd *cobra.Command, env *Env, o inspectOptions, tags []string) error {
	if err := checkLocal(cmd, "format"); err != nil {
		return err
	}
	if err := checkFormat(o.format); err != nil {
		return err
	}
	layout, err := localcache.Read(o.local)
	if err != nil {
		return err
	}
	found, whole := []view.Inspected{}, true
	for i := range layout.Caches {
		c := layout.Caches[i]
		if len(tags) > 0 && c.Scope != tags[0] {
			continue
		}
		index, err := layout.Index(&c)
		if err != nil {
			c.Err = err
		}
		found, whole = append(found, view.Inspect(layout.Analysis, &c, index)), whole && err == nil && len(c.Missing) == 0
	}
	if len(found) == 0 {
		return tagNotFound(layout, o.local, tags)
	}
	if err := printInspected(env, found, o.format); err != nil {
		return err
	}
	if !whole {
		return exit(1)
	}
	return nil
}

func tagNotFound(layout *localcache.Layout, dir string, tags []string) error {
	fix := "docker ghacache ls --local " + hint.Word(dir)
	if len(tags) == 0 {
		return hint.With(fmt.Errorf("%s has no tag", dir), fix)
	}
	if near := listing.Nearest(tags[0], layout.Tags()); near != "" {
		fix = "docker ghacache inspect --local " + hint.Word(dir) + " " + hint.Word(near) + "\n" + fix
	}
	return hint.With(fmt.Errorf("%s has no tag %q", dir, tags[0]), fix)
}

// notFound is the error that there is nothing to show, with the nearest scope or the refs.
func (o inspectOptions) notFound(a *reclaim.Analysis) error {
	var scopes, refs []string
	for i := range a.Caches {
		c := &a.Caches[i]
		if scopes = append(scopes, c.Scope); c.Scope == o.scope {
			refs = append(refs, github.ShortRef(c.Ref))
		}
	}
	if len(refs) > 0 {
		return hint.With(fmt.Errorf("there is no cache of scope %q on %s", o.scope, strings.Join(o.refs, ", ")), "docker ghacache inspect "+hint.Word(o.scope)+"   # is on "+strings.Join(refs, ", "))
	}
	fix := "docker ghacache ls"
	if near := listing.Nearest(o.scope, scopes); near != "" {
		fix = "docker ghacache inspect " + hint.Word(near) + "\n" + fix
	}
	return hint.With(fmt.Errorf("there is no cache of scope %q", o.scope), fix)
}

func printInspected(env *Env, found []view.Inspected, format string) error {
	if format == "json" {
		return ui.WriteJSON(env.Stdout, found)
	}
	return view.PrintInspected(env.output(), found)
}
