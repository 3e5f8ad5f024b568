package migrate

import (
	"maps"
	"slices"
)

// Report is what Check found, in the order of files and lines.
type Report struct {
	Findings []Finding `json:"findings"`
	Skipped  []Skipped `json:"skipped,omitempty"`

	unsafe bool
	files  map[string]*file
	edits  map[string][]Edit // the wanted ones, by file, in order
}

// Wanted says that the finding's edits are made by Write: they are safe, or
// unsafe ones were asked for.
func (r Report) Wanted(fd Finding) bool { return len(fd.Edits) > 0 && (fd.Safe || r.unsafe) }

// Pending are the findings that ask for something: those that are certain or
// conditional, and advice that comes with a wanted edit. Without any there is
// nothing to do.
func (r Report) Pending() []Finding {
	return slices.Collect(func(yield func(Finding) bool) {
		for _, fd := range r.Findings {
			if (fd.Certainty != Advice || r.Wanted(fd)) && !yield(fd) {
				return
			}
		}
	})
}

// want collects the edits that Write makes.
func (r *Report) want() {
	r.edits = map[string][]Edit{}
	for _, fd := range r.Findings {
		if r.Wanted(fd) {
			r.edits[fd.File] = append(r.edits[fd.File], fd.Edits...)
		}
	}
	for path, edits := range r.edits {
		r.edits[path] = ordered(edits)
	}
}

// changed lists the files with wanted edits, in order.
func (r Report) changed() []string { return slices.Sorted(maps.Keys(r.edits)) }
