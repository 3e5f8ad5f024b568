package migrate

import (
	"slices"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate/rules"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/scan"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/tags"
)

// CheckFile judges a file that exists in memory only.
func CheckFile(f *source.File, table tags.Table, opts Options) (Report, error) {
	page, err := scan.Read(f)
	if err != nil {
		return Report{}, err
	}
	report := Report{unsafe: opts.Unsafe}
	report.gather([]*file{fileOf(page, rules.Options{Tags: table, Bump: opts.BumpActions, Minimum: opts.Minimum}, allFindings)}, "", opts)
	return report, nil
}

// Edits are those that Write makes to a file.
func (r Report) Edits(path string) []source.Edit { return slices.Clone(r.edits[path]) }

// AddEdit makes Write do something else besides.
func (r Report) AddEdit(path string, e source.Edit) { r.edits[path] = append(r.edits[path], e) }

// AddFinding adds a safe finding with an edit, and proves all edits again.
func (r *Report) AddFinding(path string, e source.Edit) {
	r.Findings = append(r.Findings, Finding{File: path, Finding: rules.Finding{Certainty: rules.Certain, Edits: []source.Edit{e}, Safe: true}})
	r.want()
	r.prove()
}
