package plugin

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/builders"
	"github.com/docker-ghacache/docker-ghacache/internal/hooks"
	"github.com/docker-ghacache/docker-ghacache/internal/process"
	"github.com/docker-ghacache/docker-ghacache/internal/release"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
	clihooks "github.com/docker/cli/cli-plugins/hooks"
	"github.com/docker/cli/cli-plugins/metadata"
	"github.com/spf13/cobra"
)

func newHooksCommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "hooks COMMAND",
		Short: "Explain failed builds of docker build and docker buildx",
		Long: `Docker 29.3 and newer can ask a plugin about a command that failed. After "enable",
Docker runs "docker ghacache explain" for each failed "docker build", "docker buildx
build" or "docker buildx bake" on a terminal, and prints its advice.

Docker has one switch for all plugins, "features.hooks". "enable" turns it on, which
enables the hooks of every plugin. "disable" restores what it was before.`,
		Args: noVerb,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		hooksVerb(env, "enable", "Turn on the advice after failed builds", runHooksEnable),
		hooksVerb(env, "disable", "Turn off the advice after failed builds", runHooksDisable),
		hooksVerb(env, "status", "Show whether the advice is on", runHooksStatus),
	)
	return cmd
}

func hooksVerb(env *Env, use, short string, run func(context.Context, *Env) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: maxArgs(0),
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), env) },
	}
}

// noteOldDocker tells that the docker at hand does not ask.
func noteOldDocker(ctx context.Context, env *Env) {
	version, _ := builders.DockerVersion(ctx, env.Lookup, env.Environ()) // one that is not known is not old
	if release.Before(version, hooks.FirstAsking) {
		env.notes().Note(ui.Warning, fmt.Sprintf("docker %s cannot ask plugins about failed commands; %s and newer can", version, hooks.FirstAsking), "https://docs.docker.com/engine/install/")
	}
}

func runHooksEnable(ctx context.Context, env *Env) error {
	switched, err := hooks.Registration{Plugin: name}.Enable()
	if err != nil {
		return err
	}
	noteOldDocker(ctx, env)
	if switched {
		env.notes().Note(ui.Info, "features.hooks is on now, so other plugins can also print advice after docker's commands", "")
	}
	return nil
}

func runHooksDisable(_ context.Context, env *Env) error {
	stays, err := hooks.Registration{Plugin: name}.Disable()
	if err == nil && stays {
		env.notes().Note(ui.Info, "features.hooks stays as it is, because this plugin has not set it", "")
	}
	return err
}

func runHooksStatus(ctx context.Context, env *Env) error {
	registered, silenced, err := hooks.Registration{Plugin: name}.Status(env.Lookup)
	if err != nil {
		return err
	}
	if registered == "" {
		_, err := fmt.Fprintln(env.Stdout, "disabled")
		return err
	}
	if _, err := fmt.Fprintf(env.Stdout, "enabled for %s\n", ui.Text(strings.ReplaceAll(registered, ",", ", "))); err != nil {
		return err
	}
	noteOldDocker(ctx, env)
	if silenced != "" {
		env.notes().Note(ui.Warning, "docker does not ask: "+silenced, "")
	}
	return nil
}

// newHookCommand answers docker, which calls it after a command that failed.
func newHookCommand(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:    metadata.HookSubcommandName,
		Hidden: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runHook(cmd.Context(), env)
		},
	}
}

func runHook(ctx context.Context, env *Env) error {
	failed := hooks.Failed{Docker: env.Docker, Lookup: env.Lookup, Now: env.Now()}
	// Where the command is not known, the current builder's last failure has to do.
	if words, began, err := process.Parent(failed.Now); err == nil && len(words) > 0 {
		failed.Words, failed.Began = dockerCommand(words), began
	}
	response := clihooks.Response{Type: clihooks.NextSteps}
	if finding, known := failed.Cause(ctx); known {
		cause := finding.Cause
		response.Template = plainTemplate(ui.Lines(cause.Claim() + "\n" + strings.Join(cause.Advice, "\n")))
	}
	return json.NewEncoder(env.Stdout).Encode(response)
}

// dockerCommand is the command in docker's own command line, which begins with any global flags.
func dockerCommand(words []string) []string { return words[1+len(globalFlags(words[1:])):] }

// plainTemplate keeps text/template, through which docker puts the answer, from
// reading an expression of a workflow as its own.
func plainTemplate(text string) string {
	return strings.ReplaceAll(text, "{{", `{{"{{"}}`)
}
