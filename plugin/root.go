package plugin

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/ui"
	"github.com/docker/cli/cli-plugins/metadata"
	"github.com/docker/cli/cli-plugins/plugin"
	"github.com/docker/cli/cli/command"
	cliflags "github.com/docker/cli/cli/flags"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Main runs the program until ctx ends and returns its exit code.
func Main(ctx context.Context) int {
	docker, err := command.NewDockerCli()
	if err != nil {
		ui.Notes{W: os.Stderr}.Error(err)
		return 1
	}
	env := osEnv(docker, extends(os.Args[0]) || plugin.RunningStandalone())
	env.Extension = extends(os.Args[0])
	if env.Standalone {
		cmd := newRootCommand(ctx, env)
		return exitCode(env, cmd.Execute())
	}
	return exitCode(env, plugin.RunPlugin(docker, newRootCommand(ctx, env), metadata.Metadata{
		SchemaVersion:    "0.1.0",
		Vendor:           "docker-ghacache",
		Version:          readBuild().Version,
		ShortDescription: short,
		URL:              "https://github.com/docker-ghacache/docker-ghacache",
	}))
}

const short = "Build with, inspect and prune GitHub Actions build caches"

func newRootCommand(ctx context.Context, env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:              name,
		Short:            short,
		Args:             cobra.ArbitraryArgs,
		TraverseChildren: true,
		SilenceUsage:     true,
		SilenceErrors:    true,
		PersistentPreRunE: func(cmd *cobra.Command, args []string) error {
			cmd.SetContext(ctx)
			if env.Standalone {
				return initStandalone(cmd, env)
			}
			return plugin.PersistentPreRunE(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			return unknownCommand(cmd, args[0])
		},
		SuggestionsMinimumDistance: 2,
		CompletionOptions:          cobra.CompletionOptions{HiddenDefaultCmd: true},
		DisableFlagsInUseLine:      true,
	}
	if env.Standalone {
		cmd.Use = metadata.NamePrefix + name
	}
	if env.Extension {
		cmd.Annotations = map[string]string{cobra.CommandDisplayNameAnnotation: "gh " + name}
	}
	cmd.SetFlagErrorFunc(flagError)
	opts := newRootOptions(cmd.Flags())
	serve := newServeCommand(env)
	cmd.SetUsageFunc(usageWithoutChildren(serve))
	cmd.AddCommand(
		newBuildCommand(env, opts),
		newBakeCommand(env, opts),
		newLsCommand(env),
		newDuCommand(env),
		newInspectCommand(env),
		newPruneCommand(env),
		newMountsCommand(env),
		newMigrateCommand(env),
		newExplainCommand(env),
		newDoctorCommand(env, opts),
		newHooksCommand(env),
		newHookCommand(env),
		newMountsHelperCommand(),
		serve,
		newVersionCommand(env),
	)
	addExamples(cmd, "", examples())
	return cmd
}

// usageWithoutChildren prints usages as docker does, but takes doer for a command like any other. docker's template takes
// a command that has others below it for one that does nothing by itself.
func usageWithoutChildren(doer *cobra.Command) func(*cobra.Command) error {
	return func(cmd *cobra.Command) error {
		if cmd.Parent() != doer {
			doer.RemoveCommand(doer.Commands()...)
		}
		return new(cobra.Command).UsageFunc()(cmd)
	}
}

// extends reports whether a program was started as an extension of GitHub's command line: gh runs gh-ghacache for `gh ghacache`.
func extends(program string) bool {
	return strings.TrimSuffix(filepath.Base(program), ".exe") == "gh-"+name
}

// initStandalone does what the docker CLI does for its plugins: it reads
// DOCKER_HOST, DOCKER_TLS and the rest of the client's environment.
func initStandalone(cmd *cobra.Command, env *Env) error {
	docker, ok := env.Docker.(*command.DockerCli)
	if !ok {
		return errors.New("the docker client cannot be initialised twice")
	}
	flags := pflag.NewFlagSet(cmd.DisplayName(), pflag.ContinueOnError)
	options := cliflags.NewClientOptions()
	options.InstallFlags(flags)
	options.SetDefaultOptions(flags)
	return docker.Initialize(options)
}

// Reference is the command tree for documentation; it is not to be executed.
func Reference() *cobra.Command {
	docker := &cobra.Command{Use: "docker"}
	cmd := newRootCommand(context.Background(), &Env{})
	docker.AddCommand(cmd)
	return cmd
}
