package plugin

import (
	"errors"
	"fmt"
	"slices"

	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/listing"
	"github.com/docker-ghacache/docker-ghacache/internal/localcache"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
	"github.com/docker-ghacache/docker-ghacache/internal/view"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// ls, inspect and prune of a local cache.

func localFlag(cmd *cobra.Command, dir *string) {
	cmd.Flags().StringVar(dir, "local", "", "Folder of a local cache, instead of the cache on GitHub")
	if err := cmd.MarkFlagDirname("local"); err != nil {
		panic(err) // the flag does not exist
	}
}

// isLocal reports whether --local was given, be it empty: then the name of a folder is
// missing, and GitHub's cache is not what was meant.
func isLocal(cmd *cobra.Command) bool { return cmd.Flags().Changed("local") }

// checkLocal refuses the flags that select something in GitHub's cache.
func checkLocal(cmd *cobra.Command, allowed ...string) (err error) {
	if cmd.Flag("local").Value.String() == "" {
		return usage(errors.New("--local needs the name of a folder"), "--local /tmp/cache")
	}
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if f.Name != "local" && !slices.Contains(allowed, f.Name) && cmd.LocalNonPersistentFlags().Lookup(f.Name) != nil {
			err = usage(fmt.Errorf("--%s does not go with --local", f.Name), cmd.CommandPath()+" --help")
		}
	})
	return err
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
