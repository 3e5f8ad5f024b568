package plugin

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/containerd/platforms"
	"github.com/spf13/cobra"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/buildrun"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheclient"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/mounts"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
	"github.com/docker-ghacache/docker-ghacache/internal/view"
)

type mountsOptions struct {
	repo      string
	builder   string
	platform  string
	platforms []string // in platform; none: that of the builder
	helper    string
	file      string
	target    string
	buildArgs []string
	format    string
	given     bool // --builder
}

func newMountsCommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "mounts COMMAND",
		Short: "Save and restore the cache mounts of a builder",
		Long: `A cache mount (RUN --mount=type=cache) stays in the builder that filled it. These
commands take it to other builders through the GitHub Actions cache, for jobs that build
with docker/build-push-action. "docker ghacache build --gha-mounts" does both by itself.`,
		Args: noVerb,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		mountsVerb(env, "ls [OPTIONS]", "List the cache mounts of the builder and those that are saved", runMountsLs),
		mountsVerb(env, "save [OPTIONS] [MOUNT...]", "Save cache mounts of the builder", runMountsSave),
		mountsVerb(env, "restore [OPTIONS] [MOUNT...]", "Restore cache mounts that the builder does not have", runMountsRestore),
		mountsVerb(env, "rm [OPTIONS] MOUNT...", "Remove cache mounts from the builder", runMountsRm),
	)
	return cmd
}

func mountsVerb(env *Env, use, short string, run func(context.Context, *Env, mountsOptions, []string) error) *cobra.Command {
	var o mountsOptions
	cmd := &cobra.Command{Use: use, Short: short, Long: short + ".\n" + mountsHelp(use)}
	flags := cmd.Flags()
	flags.StringVar(&o.builder, "builder", "", "Builder; default: the current one")
	name := cmd.Name()
	if name == "ls" {
		cmd.Args = maxArgs(0)
		repoFlag(cmd, &o.repo)
		flags.StringVar(&o.format, "format", "", `Format the output: "table", "json" or a Go template`)
	}
	if name == "save" || name == "restore" {
		flags.StringVarP(&o.file, "file", "f", "", "Dockerfile whose cache mounts to take")
		flags.StringVar(&o.target, "target", "", "Stage of the Dockerfile that is built")
		flags.StringArrayVar(&o.buildArgs, "build-arg", nil, "Build argument, as NAME=VALUE")
		flags.StringVar(&o.platform, "platform", "", "Platforms of the builds, with commas between them; default: that of the builder")
		flags.StringVar(&o.helper, "helper", "", "Program that packs cache mounts inside the builder, in place of the one in this program")
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		o.given = cmd.Flags().Changed("builder")
		if o.platform != "" {
			var err error
			if o.platforms, err = mounts.ParsePlatforms(o.platform); err != nil {
				return usage(err, hint.Of(err))
			}
		}
		return run(cmd.Context(), env, o, args)
	}
	return cmd
}

func mountsHelp(use string) string {
	switch name, _, _ := strings.Cut(use, " "); name {
	case "ls":
		return `Saved mounts are listed over GitHub's REST API, which needs a token.

BUILDER is the size on the builder, and SAVED that in the cache. States:

  on both    The builder has the mount, and one of this name and platform is saved.
  saved      The builder does not have it.
  not saved  It is on the builder only.
  in use     A build uses it now.

With --format json: an object a line, sizes in bytes, null for unknown values. Its
schema is docs/schema/mounts-ls.json of the project.

Fields of a Go template:

  ` + strings.Join(view.MountColumns().Fields(".", ""), " ")
	case "rm":
		return "MOUNT is the id or the target of a mount, or a glob. To delete saved mounts, run\n\"docker ghacache prune --key ghacache-mount-1/…\"."
	case "save":
		return `MOUNT is the id or the target of a mount, or a glob. Without one, all are saved. With
--file, those of the Dockerfile are, also with an owner or a mode (uid=, gid=, mode=).

Each line of the output has a mount and its state:

  saved      It has changed, and is saved now.
  unchanged  The same is saved already.
  empty      There is nothing in it to save.
  failed     It is not saved; the error says why.

$GHACACHE_WRITE says which refs may save, as --gha-write does for builds.`
	}
	return "MOUNT is the id or, if the Dockerfile has none, the target of a mount. With --file, the\nmounts of the Dockerfile are restored, or those of them that MOUNT selects.\n\nA mount that is not saved stays empty, as in the first job of a repository. It is a\nwarning if you asked for it by its id, and the exit code is 0."
}

// withNode does something in the builder.
func (o mountsOptions) withNode(ctx context.Context, env *Env, do func(*mounts.Node) error) (err error) {
	node, err := mounts.Open(ctx, env.Docker, env.builder(o.builder, o.given), o.helper)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, node.Close()) }()
	return do(node)
}

// withHeld does something with the cache mounts that the builder has.
func (o mountsOptions) withHeld(ctx context.Context, env *Env, do func(*mounts.Node, []mounts.Record) error) error {
	return o.withNode(ctx, env, func(node *mounts.Node) error {
		held, err := mounts.Held(ctx, node.Client)
		if err != nil {
			return err
		}
		return do(node, held)
	})
}

func runMountsLs(ctx context.Context, env *Env, o mountsOptions, _ []string) error {
	format := view.Format{Template: o.format}
	if err := format.Check(view.MountColumns()); err != nil {
		return err
	}
	return o.withHeld(ctx, env, func(node *mounts.Node, held []mounts.Record) error {
		list := view.Mounts(held, platforms.Format(node.Platform), savedMounts(ctx, env, o.repo))
		return list.Print(env.output(), format)
	})
}

// savedMounts are the entries of the cache, or none and a warning.
func savedMounts(ctx context.Context, env *Env, repository string) (entries []bkcache.Entry) {
	repo, err := openRepository(env, repository)
	if err == nil {
		entries, err = repo.Client.List(ctx, cacheclient.Filter{Prefix: bkcache.MountKeys})
	}
	if err != nil {
		env.notes().Note(ui.Warning, fmt.Sprintf("saved mounts are not listed: %v", err), hint.Of(err))
	}
	return entries
}

var errNotHeld = hint.With(errors.New("the builder has no such cache mount"), "docker ghacache mounts ls")

func runMountsSave(ctx context.Context, env *Env, o mountsOptions, args []string) error {
	refusal, err := buildrun.RefuseWriting(ctx, env.buildRun())
	if err != nil {
		return err
	}
	if refusal != "" {
		env.notes().Note(ui.Info, "no cache mount is saved: "+refusal, "")
		return nil
	}
	return o.withKeeper(ctx, env, func(k *mounts.Keeper, n *mounts.Node) ([]mounts.Result, error) {
		n.StandBy(ctx)
		held, err := mounts.Held(ctx, n.Client)
		if err != nil {
			return nil, err
		}
		wanted, _, err := o.wanted(env, n)
		if err != nil {
			return nil, err
		}
		if o.file == "" {
			for _, r := range held {
				if r.Based {
					env.notes().Note(ui.Warning, fmt.Sprintf("%s has an owner, a mode or a base of its own, which only the Dockerfile tells", strings.TrimPrefix(r.ID, "/")), "docker ghacache mounts save --file Dockerfile")
					continue
				}
				wanted = append(wanted, mounts.Mount{ID: r.ID})
			}
		}
		var chosen []mounts.Mount
		for _, m := range mounts.InBuilder(wanted, held) {
			if len(args) == 0 || slices.ContainsFunc(args, m.Match) {
				chosen = append(chosen, m)
			}
		}
		if len(chosen) == 0 && (o.file == "" || len(args) > 0) {
			return nil, errNotHeld
		}
		return k.Save(ctx, n, chosen, 0)
	})
}

func runMountsRm(ctx context.Context, env *Env, o mountsOptions, args []string) error {
	if len(args) == 0 {
		return usage(errors.New("no mount given"), "docker ghacache mounts ls")
	}
	return o.withHeld(ctx, env, func(node *mounts.Node, held []mounts.Record) error {
		var refs []string
		for _, r := range held {
			if !slices.ContainsFunc(args, mounts.Mount{ID: r.ID}.Match) {
				continue
			}
			if r.InUse {
				return fmt.Errorf("%s is in use by a build", strings.TrimPrefix(r.ID, "/"))
			}
			refs = append(refs, r.Ref)
			fmt.Fprintln(env.Stdout, strings.TrimPrefix(r.ID, "/"))
		}
		if len(refs) == 0 {
			return errNotHeld
		}
		return mounts.Remove(ctx, node.Client, refs...)
	})
}

// wanted are the mounts of the Dockerfile, if there is one, and those that are left out, of which it warns.
func (o mountsOptions) wanted(env *Env, n *mounts.Node) ([]mounts.Mount, []mounts.LeftOut, error) {
	if o.file == "" {
		return nil, nil, nil
	}
	dockerfile, err := os.ReadFile(filepath.Clean(o.file))
	if err != nil {
		return nil, nil, err
	}
	args := map[string]string{}
	for _, pair := range o.buildArgs {
		name, value, ok := strings.Cut(pair, "=")
		if !ok {
			value, _ = env.Lookup(name)
		}
		args[name] = value
	}
	native := platforms.Format(n.Platform)
	found, leftOut, err := mounts.Find(mounts.Build{Dockerfile: dockerfile, Args: args, Target: o.target, Platforms: o.platforms, Native: native})
	for _, l := range leftOut {
		env.notes().Note(ui.Warning, l.String(), "")
	}
	return found, leftOut, err
}

// withKeeper does something with the mounts of a builder and the job's cache, and reports it.
func (o mountsOptions) withKeeper(ctx context.Context, env *Env, do func(*mounts.Keeper, *mounts.Node) ([]mounts.Result, error)) error {
	keeper, err := mounts.NewKeeper(env.job(), env.Now, userAgent)
	if err != nil {
		return err
	}
	return o.withNode(ctx, env, func(node *mounts.Node) error {
		keeper.Platforms = mounts.PlatformKey(o.platforms)
		if o.platforms == nil {
			keeper.Platforms = platforms.Format(node.Platform)
		}
		results, err := do(keeper, node)
		failed := printResults(env, results)
		if err == nil && failed > 0 {
			err = fmt.Errorf("%s failed", ui.Count(failed, "cache mount", "cache mounts"))
		}
		return err
	})
}

// printResults says what became of each mount, and returns how many failed.
func printResults(env *Env, results []mounts.Result) (failed int) {
	for _, r := range results {
		if r.State == mounts.Failed {
			failed++
			env.notes().Note(ui.Error, fmt.Sprintf("%s: %v", r.Mount, r.Err), hint.Of(r.Err))
		}
		fmt.Fprintln(env.Stdout, view.MountResult(r))
	}
	return failed
}
