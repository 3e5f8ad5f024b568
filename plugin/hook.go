package plugin

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/hooks"
	"github.com/docker-ghacache/docker-ghacache/internal/process"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
	clihooks "github.com/docker/cli/cli-plugins/hooks"
	"github.com/docker/cli/cli-plugins/metadata"
	"github.com/spf13/cobra"
)

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
