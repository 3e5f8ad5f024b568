package migrate

import "github.com/docker-ghacache/docker-ghacache/internal/migrate/source"

// prove makes the wanted edits of each file in memory. If a file does not read as
// before, the edits that alone are to blame are withheld, else all of the file's.
func (r *Report) prove() {
	for path := range r.edits {
		if _, err := r.files[path].Apply(r.edits[path]); err == nil {
			continue
		}
		for _, alone := range []bool{true, false} {
			r.blame(path, alone)
		}
		r.want()
	}
}

// blame withholds the edits of a file's findings that fail, each by itself or all of
// them together.
func (r *Report) blame(path string, alone bool) {
	var all []source.Edit
	for _, fd := range r.Findings {
		if fd.File == path && r.Wanted(fd) {
			all = append(all, fd.Edits...)
		}
	}
	for i := range r.Findings {
		fd := &r.Findings[i]
		if fd.File != path || !r.Wanted(*fd) {
			continue
		}
		edits := all
		if alone {
			edits = fd.Edits
		}
		if _, err := r.files[path].Apply(edits); err != nil {
			withhold(&fd.Finding, err.Error())
		}
	}
}
