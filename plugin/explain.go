package plugin

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/diagnose"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
	"github.com/spf13/cobra"
)

type explainOptions struct {
	file   string // "-" is standard input
	format string
}

func newExplainCommand(env *Env) *cobra.Command {
	opts := explainOptions{file: "-"}
	cmd := &cobra.Command{
		Use:   "explain [OPTIONS] [FILE | -]",
		Short: "Name the cause of a cache failure in a build's log, and the fix",
		Long: `Reads the log of a build and looks for the errors that BuildKit, buildx, GitHub and
actions/cache report about a cache. Prints each cause, the line that shows it, and what
to do: first what ended the build, and of that the certain before the probable.

The log may come from any CI system or viewer, be compressed with gzip, or be UTF-16. A
few lines that were copied out of it are enough.

Exits with 1 if it finds none, or if the log cannot be read.`,
		Args: maxArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				opts.file = args[0]
			}
			return runExplain(cmd.Context(), env, opts)
		},
	}
	cmd.Flags().StringVar(&opts.format, "format", "", `Format the output: "json"`)
	return cmd
}

func runExplain(ctx context.Context, env *Env, opts explainOptions) error {
	if err := checkFormat(opts.format); err != nil {
		return err
	}
	findings, err := explain(ctx, env, opts.file)
	if err != nil {
		return err
	}
	if err := printFindings(env.Stdout, findings, opts.format); err != nil {
		return err
	}
	if len(findings) > 0 {
		return nil
	}
	if opts.format == "" {
		env.notes().Note(ui.Warning, "nothing in this log is known to be about a gha cache", "docker ghacache doctor")
	}
	return exit(1)
}

func explain(ctx context.Context, env *Env, file string) ([]diagnose.Finding, error) {
	if file == "-" {
		return explainStdin(ctx, env)
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return diagnose.Explain(f)
}

// explainStdin reads standard input as it comes, unless ctx ends before.
func explainStdin(ctx context.Context, env *Env) ([]diagnose.Finding, error) {
	type result struct {
		findings []diagnose.Finding
		err      error
	}
	done := make(chan result, 1)
	go func() {
		findings, err := diagnose.Explain(env.Stdin)
		done <- result{findings, err}
	}()
	select {
	case r := <-done:
		return r.findings, r.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func printFindings(w io.Writer, findings []diagnose.Finding, format string) error {
	if format == "json" {
		if findings == nil {
			findings = []diagnose.Finding{}
		}
		return ui.WriteJSON(w, findings)
	}
	var b strings.Builder
	for i, f := range findings {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%s (%s)\nline %d: %s\n", ui.Line(f.Cause.Claim()), f.Cause.ID, f.Line, ui.Line(f.Evidence))
		ui.Notes{W: &b}.Hint(strings.Join(f.Cause.Advice, "\n"))
	}
	_, err := io.WriteString(w, b.String())
	return err
}
