package migrate

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate/rules"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source"
)

// Finding is a finding of a rule, and its place.
type Finding struct {
	File string `json:"file"`   // path as it was reached from the argument of Check
	Line int    `json:"line"`   // from 1
	Col  int    `json:"column"` // from 1, in characters
	rules.Finding
}

// Report is the result of Check, in the order of files and lines.
type Report struct {
	Findings []Finding        `json:"findings"`
	Skipped  []source.Skipped `json:"skipped,omitempty"` // files that could be of interest and were not judged

	read   int // files
	unsafe bool
	files  map[string]*source.File
	edits  map[string][]source.Edit // the wanted ones, by file, in order
}

// Change is a file, and its content after the wanted edits.
type Change struct {
	Path     string
	Real     string // the path without symbolic links, which git apply does not follow
	Was, Now []byte
}

// Wanted reports whether Write makes the finding's edits: they are safe, or unsafe
// ones were asked for.
func (r Report) Wanted(fd Finding) bool { return len(fd.Edits) > 0 && (fd.Safe || r.unsafe) }

// want returns the edits that Write makes.
func (r *Report) want() {
	r.edits = map[string][]source.Edit{}
	for _, fd := range r.Findings {
		if r.Wanted(fd) {
			r.edits[fd.File] = append(r.edits[fd.File], fd.Edits...)
		}
	}
	for path, edits := range r.edits {
		r.edits[path] = source.Ordered(edits)
	}
}

// changed returns the files with wanted edits, in order.
func (r Report) changed() []string { return slices.Sorted(maps.Keys(r.edits)) }

// Changes returns the files that Write would change.
func (r Report) Changes() ([]Change, error) {
	var out []Change
	for _, path := range r.changed() {
		now, err := r.files[path].Apply(r.edits[path])
		if err != nil {
			return nil, err
		}
		out = append(out, Change{path, r.files[path].Real(), r.files[path].Src, now})
	}
	return out, nil
}

// Write makes the wanted edits and returns the files that it wrote. It replaces a
// file completely or not at all: a file stays as it is if one of its edits fails
// the check, if it changed since Check, or if it is read-only. Write still writes
// the other files, and the error lists those that it did not write.
func (r Report) Write(ctx context.Context) (written []string, err error) {
	for _, path := range r.changed() {
		if ctx.Err() != nil {
			return written, errors.Join(err, ctx.Err())
		}
		if failed := r.files[path].Write(r.edits[path]); failed != nil {
			err = errors.Join(err, failed)
			continue
		}
		written = append(written, path)
	}
	return written, err
}
