package buildrun

import (
	"fmt"
	"strconv"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
	"github.com/docker-ghacache/docker-ghacache/internal/actions"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
	"github.com/docker-ghacache/docker-ghacache/internal/view"
)

// summaryMode is the value of --gha-summary; empty decides by where the build runs.
type summaryMode string

const (
	summaryAuto summaryMode = ""
	summaryOn   summaryMode = "true"
	summaryOff  summaryMode = "false"
)

// Set implements [pflag.Value].
func (m *summaryMode) Set(value string) error {
	if value == "auto" {
		*m = summaryAuto
		return nil
	}
	on, err := strconv.ParseBool(value)
	*m = summaryMode(strconv.FormatBool(on))
	return err
}

// String implements [pflag.Value].
func (m *summaryMode) String() string {
	if *m == summaryAuto {
		return "auto"
	}
	return string(*m)
}

// Type implements [pflag.Value].
func (m *summaryMode) Type() string { return "auto|true|false" }

// wantsSummary reports whether to say what the build wrote: on a terminal, and in a job
// that has a summary.
func (inv *invocation) wantsSummary() bool {
	if inv.own.summary != summaryAuto {
		return inv.own.summary == summaryOn
	}
	return inv.env.Docker.Err().IsTerminal() || inv.env.job().SummaryFile != ""
}

// summarize prints one line, unless the build is to be silent, and adds a section to the
// summary of a job.
func (inv *invocation) summarize(summary view.Exported) error {
	if file := inv.env.job().SummaryFile; file != "" {
		if err := actions.AppendSummary(file, summary.Markdown()); err != nil {
			return err
		}
	}
	if inv.own.summary == summaryOn || !inv.silent() {
		fmt.Fprintln(inv.env.Stderr, summary.Line())
	}
	return nil
}

// silent reports whether standard error is for nobody, or for a program.
func (inv *invocation) silent() bool {
	progress, given := inv.flag("progress")
	if !given {
		progress, _ = inv.env.Lookup("BUILDKIT_PROGRESS")
	}
	return progress == "quiet" || progress == "rawjson" || lastOn(inv.args, "quiet")
}

// say notes what came up after the build, unless nobody asked for it.
func (inv *invocation) say(level ui.Level, text, fix string) {
	if !inv.quiet {
		inv.note(cacheopts.Note{Level: cacheopts.Level(level), Text: text, Hint: fix})
	}
}
