package plugin

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/actions"
	"github.com/docker-ghacache/docker-ghacache/internal/buildrun"
	"github.com/docker-ghacache/docker-ghacache/internal/doctor"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
	"github.com/docker/cli/cli/command/formatter/tabwriter"
	"github.com/spf13/cobra"
)

type doctorOptions struct {
	repo    string
	builder string
	format  string
	summary bool
}

func newDoctorCommand(env *Env, root rootOptions) *cobra.Command {
	var o doctorOptions
	cmd := &cobra.Command{
		Use:   "doctor [OPTIONS]",
		Short: "Check everything that a gha cache needs, from docker to the layers",
		Long: `Checks this machine, then the job as this step sees it, then the cache service, and
takes 30 seconds at most. Each check is ok, a warning, an error or skipped, with the
reason and the fix. An error means that builds fail or do not use the cache; then the
exit code is 1.`,
		Args: maxArgs(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			name, given := root.builder()
			if cmd.Flags().Changed("builder") {
				name, given = o.builder, true
			}
			o.builder = env.builder(name, given)
			return runDoctor(cmd.Context(), env, o)
		},
	}
	repoFlag(cmd, &o.repo)
	cmd.Flags().StringVar(&o.builder, "builder", "", "Builder to check, in place of the current one")
	cmd.Flags().StringVar(&o.format, "format", "", `Format the output: "json"`)
	cmd.Flags().BoolVar(&o.summary, "summary", false, "In a job: add a table to its summary ($GITHUB_STEP_SUMMARY)")
	return cmd
}

func runDoctor(ctx context.Context, env *Env, o doctorOptions) error {
	if err := checkFormat(o.format); err != nil {
		return err
	}
	summary, err := env.summaryFile(o.summary)
	if err != nil {
		return err
	}
	for _, n := range buildrun.Misspelt(env.Environ()) {
		env.notes().Note(ui.Warning, n.Text, n.Hint)
	}
	checks := doctor.Examine(doctor.Collect(ctx, doctor.Env{
		Docker: env.Docker, Lookup: env.Lookup, Environ: env.Environ, Now: env.Now, UserAgent: userAgent,
	}, o.repo, o.builder))
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if summary != "" {
		if err := actions.AppendSummary(summary, checksMarkdown(checks)); err != nil {
			return err
		}
	}
	if err := printChecks(env.Stdout, checks, o.format); err != nil {
		return err
	}
	if doctor.Worst(checks) == doctor.Error {
		return exit(1)
	}
	return nil
}

func printChecks(w io.Writer, checks []doctor.Check, format string) error {
	if format == "json" {
		return ui.WriteJSON(w, checks)
	}
	var b strings.Builder
	for _, c := range checks {
		tw := tabwriter.NewWriter(&b, 9, 1, 1, ' ', 0)
		fmt.Fprintf(tw, "%s\t%-17s %s\n", c.Status, c.Name, ui.Line(c.Detail))
		if err := tw.Flush(); err != nil {
			return err
		}
		if c.Reason != "" {
			fmt.Fprintf(&b, "%9s%s\n", "", ui.Line(c.Reason))
		}
		ui.Notes{W: &b}.Hint(strings.Join(c.Fix, "\n"))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func checksMarkdown(checks []doctor.Check) string {
	var b strings.Builder
	b.WriteString("### Build cache: checks\n\n| check | status | found | to do |\n|---|---|---|---|\n")
	for _, c := range checks {
		found := strings.Trim(c.Detail+"; "+c.Reason, "; ")
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", c.Name, c.Status, ui.Markdown(found), ui.Markdown(strings.Join(c.Fix, "; ")))
	}
	return b.String()
}
