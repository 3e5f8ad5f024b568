package plugin

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/ui"
	"github.com/docker/cli/cli"
	"github.com/docker/cli/cli-plugins/metadata"
	"github.com/docker/cli/cli-plugins/plugin"
	"github.com/docker/cli/cli/command"
	cliflags "github.com/docker/cli/cli/flags"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

const (
	name = "ghacache"

	// usageError is docker's exit code for a command line that it cannot read.
	usageError = 125
)

// rootOptions are buildx's own flags that may stand before the verb.
type rootOptions struct {
	builder string
	debug   bool
}

// words gives the flags back as words for buildx.
func (o rootOptions) words() []string {
	var words []string
	if o.builder != "" {
		words = append(words, "--builder", o.builder)
	}
	if o.debug {
		words = append(words, "--debug")
	}
	return words
}

// Main runs the program until ctx ends and returns its exit code.
func Main(ctx context.Context) int {
	docker, err := command.NewDockerCli()
	if err != nil {
		panic(err) // no option was given that could fail
	}
	env := osEnv(docker, plugin.RunningStandalone())
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

const short = "Build with, look into and reclaim GitHub Actions build caches"

func newRootCommand(ctx context.Context, env *Env) *cobra.Command {
	var opts rootOptions
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
	cmd.SetFlagErrorFunc(flagError)
	cmd.PersistentFlags().StringVar(&opts.builder, "builder", "", "Override the configured builder instance")
	cmd.PersistentFlags().BoolVarP(&opts.debug, "debug", "D", false, "Enable debug logging")
	cmd.AddCommand(
		newBuildCommand(env, &opts),
		newBakeCommand(env, &opts),
		newLsCommand(env),
		newDuCommand(env),
		newInspectCommand(env),
		newPruneCommand(env),
		newMigrateCommand(env),
		newExplainCommand(env),
		newDoctorCommand(env, &opts),
		newHooksCommand(env),
		newHookCommand(env),
		newServeCommand(env),
		newVersionCommand(env),
	)
	for _, c := range cmd.Commands() {
		c.DisableFlagsInUseLine = true // the usage lines name [OPTIONS]
	}
	return cmd
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

func flagError(cmd *cobra.Command, err error) error {
	return usage(err, fmt.Sprintf("%s --help", cmd.CommandPath()))
}

func unknownCommand(cmd *cobra.Command, word string) error {
	hint := cmd.CommandPath() + " --help"
	if near := cmd.SuggestionsFor(word); len(near) > 0 {
		hint = "did you mean " + strings.Join(near, " or ") + "?"
	}
	return usage(fmt.Errorf("unknown command %q for %q", word, cmd.CommandPath()), hint)
}

// usage is an error in the command line itself.
func usage(err error, hint string) error {
	return usageErr{ui.WithHint(err, hint)}
}

type usageErr struct{ error }

func (e usageErr) Unwrap() error { return e.error }

// exitCode reports err, if it has something to say, and tells the exit code
// that it stands for.
func exitCode(env *Env, err error) int {
	if err == nil {
		return 0
	}
	if status, ok := errors.AsType[cli.StatusError](err); ok {
		if status.Status != "" {
			env.notes().Error(errors.New(status.Status))
		}
		return max(status.StatusCode, 1)
	}
	env.notes().Error(err)
	if _, ok := errors.AsType[usageErr](err); ok {
		return usageError
	}
	if errors.Is(err, context.Canceled) {
		return 130
	}
	return 1
}

// checkFormat is for commands whose only other format is JSON.
func checkFormat(format string) error {
	if format != "" && format != "json" {
		return usage(fmt.Errorf("unknown format %q", format), "--format json")
	}
	return nil
}

// Reference is the command tree for documentation; it is not to be executed.
func Reference() *cobra.Command {
	docker := &cobra.Command{Use: "docker"}
	cmd := newRootCommand(context.Background(), &Env{})
	docker.AddCommand(cmd)
	return cmd
}
