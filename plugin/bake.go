package plugin

import (
	"context"
	"slices"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
	"github.com/docker-ghacache/docker-ghacache/internal/buildrun"
	"github.com/spf13/cobra"
)

type bakeOptions struct {
	root rootOptions
	args []string // everything after the verb
}

func newBakeCommand(env *Env, root rootOptions) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "bake [OPTIONS] [TARGET...]",
		Aliases: []string{"f"},
		Short:   "Build from a file, each target with gha caches that work",
		Long: `Takes the command line of "docker buildx bake", completes the gha entries in
cache-to and cache-from of each target, and runs buildx. It accepts all options of
"docker buildx bake --help", and the following.

Ends with the exit code of buildx, with 1 if the plugin refuses the caches, and with
125 if an option cannot be read.`,
		DisableFlagParsing: true,
		ValidArgsFunction:  completeByBuildx(env, "bake"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if buildrun.AsksForHelp(cacheopts.ScanBake(args)) {
				return cmd.Help()
			}
			return runBake(cmd.Context(), env, bakeOptions{root, args})
		},
	}
	cmd.Flags().AddFlagSet(buildrun.Flags(cmd.Name())) // for help and completion: all others are buildx's
	return cmd
}

func runBake(ctx context.Context, env *Env, opts bakeOptions) error {
	return passOn(buildrun.Bake(ctx, env.buildRun(), slices.Concat(opts.root.words(), opts.args)))
}
