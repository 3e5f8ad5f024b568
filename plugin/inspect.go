package plugin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/reclaim"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
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
		Short: "Hold the index of a scope against the layers that are there",
		Long: `Shows the index of a scope as a tree of layers: their sizes, which other scopes
share them, and which are missing because they were evicted. Ends with 1 if one is.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage(errors.New("exactly one scope is needed"), "docker ghacache ls")
			}
			return nil
		},
		ValidArgsFunction: func(cmd *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return completeFromListing(cmd.Context(), env, o.repo, func(c *reclaim.Cache) string { return c.Scope }), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			o.scope = args[0]
			return runInspect(cmd.Context(), env, o)
		},
	}
	repoFlag(cmd, &o.repo)
	cmd.Flags().StringArrayVar(&o.refs, "ref", nil, "Only these refs (glob): main, 12 or #12 for a pull request, refs/…")
	cmd.Flags().StringVar(&o.format, "format", "", `Format the output: "json"`)
	return cmd
}

func runInspect(ctx context.Context, env *Env, o inspectOptions) error {
	if err := checkFormat(o.format); err != nil {
		return err
	}
	repo, err := openRepository(env, o.repo)
	if err != nil {
		return err
	}
	for i, ref := range o.refs {
		o.refs[i] = fullRef(ref)
	}
	snap, analysis, err := repo.analysis(ctx)
	if err != nil {
		return err
	}
	var found []inspected
	for i := range analysis.Caches {
		c := &analysis.Caches[i]
		if c.Scope != o.scope || !anyMatch(o.refs, c.Ref) {
			continue
		}
		if c.Err != nil {
			return ui.WithHint(fmt.Errorf("the index of scope %q on %s cannot be read: %w", c.Scope, c.Ref, c.Err),
				"run this in a job on that ref, whose runtime token can\ndocker ghacache ls --scope "+o.scope)
		}
		found = append(found, newInspected(analysis, c, snap.indexes[c.Head.ID].Index))
	}
	if len(found) == 0 {
		return ui.WithHint(fmt.Errorf("there is no cache of scope %q", o.scope), "docker ghacache ls")
	}
	if err := env.printInspected(found, o.format); err != nil {
		return err
	}
	for _, c := range found {
		if c.Missing > 0 {
			return exit(1)
		}
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
	Records   int              `json:"records"`   // cache keys that end here
	SharedBy  []string         `json:"shared_by"` // other caches, as scope@ref
	Layers    []inspectedLayer `json:"layers"`    // those on top
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
			Records: len(n.Records), SharedBy: []string{}, Layers: inspectedLayers(n.Children, contents),
		}
		for _, other := range content.Others {
			layer.SharedBy = append(layer.SharedBy, other.Scope+"@"+other.Ref)
		}
		layers = append(layers, layer)
	}
	return layers
}

func (e *Env) printInspected(found []inspected, format string) error {
	if format == "json" {
		encoder := json.NewEncoder(e.Stdout)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		return encoder.Encode(found)
	}
	var s style
	if e.Docker.Out().IsTerminal() {
		s.now = e.Now()
	}
	for i, c := range found {
		if i > 0 {
			fmt.Fprintln(e.Stdout)
		}
		if _, err := fmt.Fprint(e.Stdout, c.text(s)); err != nil {
			return err
		}
	}
	return nil
}

func (c inspected) text(s style) string {
	var b strings.Builder
	unique := "not known"
	if c.Unique != nil {
		unique = humanSize(*c.Unique)
	}
	fmt.Fprintf(&b, "Scope:     %s\nRef:       %s\nIndex:     %s (entry %d, %s)\nVersions:  %d\nCreated:   %s\nRecords:   %d\nSize:      %s, of which its alone: %s\n",
		c.Scope, c.Ref, c.Key, c.ID, c.Digest, c.Versions, s.time(c.Created), c.Records, humanSize(c.Size), unique)
	if c.Missing > 0 {
		fmt.Fprintf(&b, "Missing:   %d layers were evicted; what stands on them is built again\n", c.Missing)
	}
	fmt.Fprintln(&b, "Layers:")
	writeTree(&b, "", c.Layers)
	return b.String()
}

func writeTree(b *strings.Builder, indent string, layers []inspectedLayer) {
	for i, l := range layers {
		branch, below := "├─ ", "│  "
		if i == len(layers)-1 {
			branch, below = "└─ ", "   "
		}
		fmt.Fprintf(b, "%s%s%s  %s", indent, branch, shortDigest(l.Digest), humanSize(l.Size))
		if l.Missing {
			b.WriteString("  MISSING")
		}
		if len(l.SharedBy) > 0 {
			fmt.Fprintf(b, "  shared with %s", strings.Join(l.SharedBy, ", "))
		}
		b.WriteByte('\n')
		writeTree(b, indent+below, l.Layers)
	}
}

// shortDigest is how docker shortens digests.
func shortDigest(digest string) string {
	algorithm, hex, ok := strings.Cut(digest, ":")
	if !ok || len(hex) < 12 {
		return digest
	}
	return algorithm + ":" + hex[:12]
}
