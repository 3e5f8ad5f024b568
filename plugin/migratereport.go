package plugin

import (
	"fmt"
	"slices"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/report"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/rules"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
	"github.com/docker/cli/cli-plugins/metadata"
)

// migrateResult is what migrate-v2 found and did. Its JSON is what --format
// json prints.
type migrateResult struct {
	Toolchain []tool `json:"toolchain"`
	migrate.Report
	Summary migrate.Summary `json:"summary"`
	Written []string        `json:"written,omitempty"`
}

// tooOld are the tools to upgrade.
func (r migrateResult) tooOld() (old []tool) {
	for _, t := range r.Toolchain {
		if t.Old {
			old = append(old, t)
		}
	}
	return old
}

// left says that something is still to do. Advice does not count, and this machine
// only if asked for. What was wanted has been written, or there was an error.
func (r migrateResult) left(written, machine bool) bool {
	matters := func(t tool) bool { return t.Certainty != rules.Advice }
	return machine && slices.ContainsFunc(r.tooOld(), matters) || slices.ContainsFunc(r.Findings, func(f migrate.Finding) bool {
		if r.Wanted(f) {
			return !written
		}
		return f.Certainty != rules.Advice
	})
}

func (r migrateResult) print(env *Env, o migrateOptions) error {
	switch o.format {
	case "json":
		return r.json(env)
	case "sarif":
		r.noteTools(env)
		return report.SARIF(env.Stdout, r.Report, metadata.NamePrefix+name, readBuild().Version)
	case "github":
		r.noteTools(env)
		fmt.Fprintln(env.Stderr, r.closing(o.write))
		return report.GitHub(env.Stdout, r.Report)
	}
	return r.text(env, o)
}

// closing says what was looked at, and what came of it.
func (r migrateResult) closing(written bool) string {
	known := 0
	for _, t := range r.Toolchain {
		if t.Version != "" {
			known++
		}
	}
	return report.Closing(r.Summary, known, written)
}

// noteTools is for formats that are about files.
func (r migrateResult) noteTools(env *Env) {
	for _, t := range r.tooOld() {
		env.notes().Note(ui.Warning, fmt.Sprintf("%s %s: %s", t.Name, t.Version, t.why()), strings.Join(t.Upgrade, "\n"))
	}
}

func (r migrateResult) text(env *Env, o migrateOptions) error {
	for _, t := range r.Toolchain {
		if t.Version == "" && t.Detail != "" {
			env.notes().Note(ui.Info, fmt.Sprintf("the version of %s is not known: %s", t.Name, t.Detail), "")
		}
	}
	colour := env.Docker.Out().IsTerminal() && env.wantsColour()
	if err := report.Text(env.Stdout, r.Report, colour); err != nil {
		return err
	}
	r.machine(env, o)
	for _, file := range r.Written {
		fmt.Fprintf(env.Stderr, "wrote %s\n", ui.Text(file))
	}
	if o.check || o.write {
		fmt.Fprintln(env.Stderr, r.closing(o.write))
		return nil
	}
	show := ui.Code
	if !env.Docker.Out().IsTerminal() && !env.job().Runner {
		show = nil // git apply reads the pipe, and takes exact bytes only
	}
	if err := report.Diff(env.Stdout, r.Report, colour, show); err != nil {
		return err
	}
	fmt.Fprintln(env.Stderr, r.closing(false))
	if slices.ContainsFunc(r.Findings, r.Wanted) {
		env.notes().Note(ui.Info, "nothing was written", o.writing())
	}
	return nil
}

// writing is the command that writes the diff at hand.
func (o migrateOptions) writing() string {
	words := []string{"docker ghacache migrate-v2 --write"}
	for _, option := range []struct {
		name string
		on   bool
	}{{"--unsafe", o.unsafe}, {"--minimum", o.minimum}, {"--bump-actions", o.bump}, {"--offline", o.offline}, {"--service " + o.service, o.service != "auto"}} {
		if option.on {
			words = append(words, option.name)
		}
	}
	for _, rule := range o.only {
		words = append(words, "--only "+rule)
	}
	if !slices.Equal(o.paths, []string{"."}) { // the default
		for _, path := range o.paths {
			words = append(words, hint.Word(path))
		}
	}
	return strings.Join(words, " ")
}

// machine lists the programs of this machine that are too old.
func (r migrateResult) machine(env *Env, o migrateOptions) {
	old := r.tooOld()
	if len(old) == 0 {
		return
	}
	title := "On this machine, which does not count without --machine:"
	if o.machine {
		title = "On this machine:"
	}
	fmt.Fprintln(env.Stdout, title)
	for _, t := range old {
		fmt.Fprintf(env.Stdout, "%s: %s: %s [toolchain, %s]\n    fix: %s\n", ui.Text(t.Name), ui.Text(t.Version), ui.Line(t.why()), t.Certainty, ui.Lines(strings.Join(t.Upgrade, "\n         ")))
	}
}

func (r migrateResult) json(env *Env) error {
	if r.Findings == nil {
		r.Findings = []migrate.Finding{}
	}
	if r.Toolchain == nil {
		r.Toolchain = []tool{}
	}
	return ui.WriteIndentedJSON(env.Stdout, r)
}
