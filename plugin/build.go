package plugin

import (
	"context"
	"slices"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
	"github.com/docker-ghacache/docker-ghacache/internal/buildrun"
	"github.com/spf13/cobra"
)

type buildOptions struct {
	root rootOptions
	args []string // everything after the verb
}

func newBuildCommand(env *Env, root rootOptions) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "build [OPTIONS] PATH | URL | -",
		Aliases: []string{"b"},
		Short:   "Start a build with gha caches that work",
		Long: `Takes the command line of "docker buildx build", completes each --cache-to and
--cache-from of type=gha for the cache service, and runs buildx. It accepts all
options of "docker buildx build --help", and the following.

Ends with the exit code of buildx, with 1 if the plugin refuses the caches, and with
125 if an option cannot be read.`,
		DisableFlagParsing: true,
		ValidArgsFunction:  completeByBuildx(env, "build"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if buildrun.AsksForHelp(cacheopts.ScanBuild(args)) {
				return cmd.Help()
			}
			return runBuild(cmd.Context(), env, buildOptions{root, args})
		},
	}
	cmd.Flags().AddFlagSet(buildrun.Flags(cmd.Name())) // for help and completion: all others are buildx's
	return cmd
}

func runBuild(ctx context.Context, env *Env, opts buildOptions) error {
	return passOn(buildrun.Build(ctx, env.buildRun(), slices.Concat(opts.root.words(), opts.args)))
}
