package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/rules"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/toolchain"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
)

// Result is what migrate-v2 found and did. Its JSON is what --format
// json prints.
type Result struct {
	Toolchain []toolchain.Tool `json:"toolchain"`
	migrate.Report
	Summary migrate.Summary `json:"summary"`
	Written []string        `json:"written,omitempty"`
}

// tooOld are the tools to upgrade.
func (r Result) tooOld() (old []toolchain.Tool) {
	for _, t := range r.Toolchain {
		if t.Old {
			old = append(old, t)
		}
	}
	return old
}

// Left says that something is still to do. Advice counts only if an option asks for its
// edits, and this machine only if asked for. What was wanted has been written, or there was an error.
func (r Result) Left(written, machine bool) bool {
	matters := func(t toolchain.Tool) bool { return t.Certainty != rules.Advice }
	return machine && slices.ContainsFunc(r.tooOld(), matters) || slices.ContainsFunc(r.Findings, func(f migrate.Finding) bool {
		if r.Wanted(f) {
			return !written
		}
		return f.Certainty != rules.Advice
	})
}

// Options say how a result is printed.
type Options struct {
	Format  string // text, json, sarif or github
	Write   bool   // the edits were made
	Check   bool   // without the diff
	Machine bool   // programs of this machine count
	Colour  bool
	Exact   bool   // the diff is for git apply, which takes exact bytes only
	Again   string // the command that makes the edits
	Program string // name and version of this program
	Version string
}

// Print prints a result in a format, and what it says beside to standard error.
func (r Result) Print(console ui.Console, o Options) error {
	switch o.Format {
	case "json":
		return r.json(console)
	case "sarif":
		r.noteTools(console)
		return SARIF(console.Stdout, r.Report, o.Program, o.Version)
	case "github":
		r.noteTools(console)
		fmt.Fprintln(console.Stderr, r.closing(o.Write))
		return GitHub(console.Stdout, r.Report)
	}
	return r.text(console, o)
}

// closing says what was looked at, and what came of it.
func (r Result) closing(written bool) string {
	known := 0
	for _, t := range r.Toolchain {
		if t.Version != "" {
			known++
		}
	}
	return Closing(r.Summary, known, written) + r.askedFor(written)
}

// askedFor says how much of the advice counts, and why.
func (r Result) askedFor(written bool) string {
	majors, others := 0, 0
	for _, f := range r.Findings {
		switch {
		case f.Certainty != rules.Advice || !r.Wanted(f):
		case f.Rule == rules.ActionMajor:
			majors++
		default:
			others++
		}
	}
	now := map[bool]string{true: "fixed", false: "fixable now (--write)"}[written]
	text := ""
	switch {
	case majors == 1:
		text = "; 1 action has a newer major, which counts with --bump-actions: " + now
	case majors > 1:
		text = fmt.Sprintf("; %d actions have newer majors, which count with --bump-actions: %s", majors, now)
	}
	if others > 0 {
		text += fmt.Sprintf("; %d of the advice counts with --unsafe: %s", others, now)
	}
	return text
}

// noteTools is for formats that are about files.
func (r Result) noteTools(console ui.Console) {
	for _, t := range r.tooOld() {
		console.Notes.Note(ui.Warning, fmt.Sprintf("%s %s: %s", t.Name, t.Version, t.Why()), strings.Join(t.Upgrade, "\n"))
	}
}

func (r Result) text(console ui.Console, o Options) error {
	for _, t := range r.Toolchain {
		if t.Version == "" && t.Detail != "" {
			console.Notes.Note(ui.Info, fmt.Sprintf("the version of %s is not known: %s", t.Name, t.Detail), "")
		}
	}
	if err := Text(console.Stdout, r.Report, o.Colour); err != nil {
		return err
	}
	r.machine(console, o)
	for _, file := range r.Written {
		fmt.Fprintf(console.Stderr, "wrote %s\n", ui.Text(file))
	}
	if o.Check || o.Write {
		fmt.Fprintln(console.Stderr, r.closing(o.Write))
		return nil
	}
	show := ui.Code
	if o.Exact {
		show = nil
	}
	if err := Diff(console.Stdout, r.Report, o.Colour, show); err != nil {
		return err
	}
	fmt.Fprintln(console.Stderr, r.closing(false))
	if slices.ContainsFunc(r.Findings, r.Wanted) {
		console.Notes.Note(ui.Info, "nothing was written", o.Again)
	}
	return nil
}

// machine lists the programs of this machine that are too old.
func (r Result) machine(console ui.Console, o Options) {
	old := r.tooOld()
	if len(old) == 0 {
		return
	}
	title := "On this machine, which does not count without --machine:"
	if o.Machine {
		title = "On this machine:"
	}
	fmt.Fprintln(console.Stdout, title)
	for _, t := range old {
		fmt.Fprintf(console.Stdout, "%s: %s: %s [toolchain, %s]\n    fix: %s\n", ui.Text(t.Name), ui.Text(t.Version), ui.Line(t.Why()), t.Certainty, ui.Lines(strings.Join(t.Upgrade, "\n         ")))
	}
}

func (r Result) json(console ui.Console) error {
	if r.Findings == nil {
		r.Findings = []migrate.Finding{}
	}
	if r.Toolchain == nil {
		r.Toolchain = []toolchain.Tool{}
	}
	return ui.WriteIndentedJSON(console.Stdout, r)
}
