package plugin

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/process"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
	"github.com/docker/cli/cli-plugins/hooks"
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
	words, began, err := process.Parent(env.Now())
	if err != nil {
		words, began = nil, time.Time{} // then the current builder's last failure has to do
	}
	response := hooks.Response{Type: hooks.NextSteps}
	if finding, known := readCommand(words, began).cause(ctx, env); known {
		cause := finding.Cause
		response.Template = plainTemplate(ui.Lines(cause.Claim() + "\n" + strings.Join(cause.Advice, "\n")))
	}
	return json.NewEncoder(env.Stdout).Encode(response)
}

// plainTemplate keeps text/template, through which docker puts the answer, from
// reading an expression of a workflow as its own.
func plainTemplate(text string) string {
	return strings.ReplaceAll(text, "{{", `{{"{{"}}`)
}
