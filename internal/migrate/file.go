package migrate

import "regexp"

// file is one file while it is judged.
type file struct {
	path     string // as shown
	target   string // where it is, links followed
	resolve  func(repo, commit string) (tag string, err error)
	kind     kind
	src      []byte
	opts     Options
	tags     tags
	findings []Finding
	gha      bool // names a gha cache
	service  evidence
	builds   map[string]string // images by the scope they are cached in
	calls    []call
	sinks    []sink
}

// tokenRE matches a token that is written out, not named by a variable.
var tokenRE = regexp.MustCompile(`(token=)[^,\s"'$]+`)

// report adds a finding at value[i:] of t.
func (f *file) report(t text, i int, fd Finding) {
	fd.File, fd.offset = f.path, t.pos(i)
	fd.Text = tokenRE.ReplaceAllString(fd.Text, "${1}***")
	fd.Safe = fd.Safe && len(fd.Edits) > 0
	f.findings = append(f.findings, fd)
}

// replace adds a finding that is fixed by replacing value[i:j] of t.
func (f *file) replace(fd Finding, t text, i, j int, with string) {
	f.edit(&fd, t, i, j, with)
	f.report(t, i, fd)
}

// edit adds one edit to a finding, or says why it cannot be.
func (f *file) edit(fd *Finding, t text, i, j int, with string) {
	start, end, ok := t.span(i, j)
	switch {
	case fd.NoFix != "":
		return
	case t.refuse != "":
		fd.NoFix = t.refuse
	case i == j && len(t.runs) == 0:
		fd.NoFix = "there is nothing to replace"
	case !ok:
		fd.NoFix = "it is put together from several places"
	case string(f.src[start:end]) != t.value[i:j]:
		fd.NoFix = "it is written in a way that cannot be edited"
	default:
		fd.Edits = append(fd.Edits, Edit{Start: start, End: end, Old: t.value[i:j], New: with})
		o := t.origin(i)
		fd.via = append(fd.via, o.via...)
		fd.Safe = fd.Safe && !o.many && !o.unsure
		return
	}
	fd.Edits, fd.Safe = nil, false
}
