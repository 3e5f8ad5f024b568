package plugin

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
	"github.com/docker/cli/cli-plugins/metadata"
)

// migrateResult is what migrate-v2 found and did. Its JSON is what --format
// json prints.
type migrateResult struct {
	migrate.Report
	Written []string `json:"written,omitempty"`
}

// left says that something is still to do, advice apart. What was wanted has
// been written, or there was an error.
func (r migrateResult) left(written bool) bool {
	return slices.ContainsFunc(r.Findings, func(f migrate.Finding) bool {
		if r.Wanted(f) {
			return !written
		}
		return f.Certainty != migrate.Advice
	})
}

func (r migrateResult) print(env *Env, o migrateOptions) error {
	switch o.format {
	case "json":
		return r.json(env)
	case "sarif":
		return r.SARIF(env.Stdout, metadata.NamePrefix+name, readBuild().Version)
	case "github":
		return r.GitHub(env.Stdout)
	}
	_, plain := env.Lookup("NO_COLOR")
	colour := env.Docker.Out().IsTerminal() && !plain
	if err := r.Text(env.Stdout, colour); err != nil {
		return err
	}
	for _, file := range r.Written {
		fmt.Fprintf(env.Stderr, "wrote %s\n", file)
	}
	if o.check || o.write {
		return nil
	}
	if err := r.Diff(env.Stdout, colour); err != nil {
		return err
	}
	if slices.ContainsFunc(r.Findings, r.Wanted) {
		env.notes().Note(ui.Info, "nothing was written", "docker ghacache migrate-v2 --write")
	}
	return nil
}

func (r migrateResult) json(env *Env) error {
	if r.Findings == nil {
		r.Findings = []migrate.Finding{}
	}
	encoder := json.NewEncoder(env.Stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(r)
}
