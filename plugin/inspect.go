package plugin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/reclaim"
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
shows the size, the other scopes that share it, and whether it was evicted. Exits
with 1 if a layer is missing.

With --format json: an array with an object for each ref, sizes in bytes, null for
what is unknown.`,
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
	found, unread := []inspected{}, false
	for i := range snap.Caches {
		switch c := &snap.Caches[i]; {
		case !wanted(c):
		case c.Err != nil:
			unread = true
		default:
			found = append(found, newInspected(snap.Analysis, c, snap.Indexes[c.Head.ID].Index))
		}
	}
	if len(found) == 0 && !unread {
		return hint.With(fmt.Errorf("there is no cache of scope %q", o.scope), "docker ghacache ls")
	}
	if err := env.printInspected(found, o.format); err != nil {
		return err
	}
	repo.NoteUnread(snap, wanted)
	incomplete := slices.ContainsFunc(found, func(c inspected) bool { return c.Missing > 0 })
	if incomplete || len(found) == 0 {
		return exit(1)
	}
	return nil
}

// inspected is the cache of a scope on a ref, taken apart.
type inspected struct {
	Scope    string           `json:"scope"`
	Ref      string           `json:"ref"`
	Key      string           `json:"key"`
	ID       int64            `json:"id"`
	Digest   string           `json:"digest"`
	Versions int              `json:"versions"`
	Created  time.Time        `json:"created"`
	Records  int              `json:"records"`
	Size     int64            `json:"size"`
	Unique   *int64           `json:"unique"` // null: not known
	Missing  int              `json:"missing"`
	Layers   []inspectedLayer `json:"layers"` // those without a parent
}

type inspectedLayer struct {
	Digest    string           `json:"digest"`
	MediaType string           `json:"media_type"`
	Size      int64            `json:"size"`
	Created   time.Time        `json:"created,omitzero"`
	Missing   bool             `json:"missing"`
	Records   []string         `json:"records"`   // cache keys that end here
	SharedBy  []cachePlace     `json:"shared_by"` // other caches
	Layers    []inspectedLayer `json:"layers"`    // those on top
}

type cachePlace struct {
	Scope string `json:"scope"`
	Ref   string `json:"ref"`
}

func newInspected(a *reclaim.Analysis, c *reclaim.Cache, index *bkcache.Index) inspected {
	contents := map[string]reclaim.Content{}
	for _, content := range a.Contents(c) {
		contents[content.Digest] = content
	}
	out := inspected{
		Scope: c.Scope, Ref: c.Ref, Key: c.Head.Entry.Key, ID: c.Head.ID, Digest: index.Digest, Versions: c.Versions,
		Created: c.Created.UTC(), Records: index.Records(), Size: c.Size, Missing: len(c.Missing),
		Layers: inspectedLayers(index.Tree(), contents),
	}
	if c.UniqueKnown {
		out.Unique = &c.Unique
	}
	return out
}

func inspectedLayers(nodes []*bkcache.Node, contents map[string]reclaim.Content) []inspectedLayer {
	layers := []inspectedLayer{}
	for _, n := range nodes {
		content := contents[n.Digest]
		layer := inspectedLayer{
			Digest: n.Digest, MediaType: n.MediaType, Size: n.Size, Created: n.Created, Missing: content.Item == nil,
			Records: slices.Concat([]string{}, n.Records), SharedBy: []cachePlace{}, Layers: inspectedLayers(n.Children, contents),
		}
		for _, other := range content.Others {
			layer.SharedBy = append(layer.SharedBy, cachePlace{other.Scope, other.Ref})
		}
		layers = append(layers, layer)
	}
	return layers
}

func (e *Env) printInspected(found []inspected, format string) error {
	if format == "json" {
		return writeJSON(e.Stdout, found)
	}
	for i, c := range found {
		if i > 0 {
			fmt.Fprintln(e.Stdout)
		}
		rows := c.properties(e.style())
		if err := writeTable(e.Stdout, rows, e.width()); err != nil {
			return err
		}
		fmt.Fprintln(e.Stdout)
		if err := writeTable(e.Stdout, layerTree(c.Layers, e.style()), e.width()); err != nil {
			return err
		}
	}
	return nil
}
