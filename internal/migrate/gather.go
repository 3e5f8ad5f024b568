package migrate

import (
	"bytes"
	"cmp"
	"slices"
	"unicode/utf8"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate/rules"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source"
)

// gather adds to every file's findings what only all files together show: the
// service of files that are not workflows, and whether there is a gha cache. Act is
// the path of a file which shows that act runs the workflows, or "".
func (r *Report) gather(files []*file, act string, opts Options) {
	r.files = map[string]*source.File{}
	followCalls(files, opts.Minimum)
	workflows := together(files)
	caches := cachesOf(files)
	for _, f := range files {
		service, why := cmp.Or(f.evidence, workflows).verdict(opts)
		found := caches.demote(unique(f.findings), f)
		protect(found, f.File)
		clash(found)
		found = settle(found, service, why)
		if act != "" && opts.Service != ServiceV2 {
			spare(found, act)
		}
		r.Findings = append(r.Findings, finish(found, f.File, opts.Only)...)
		r.files[f.Path] = f.File
	}
	slices.SortStableFunc(r.Findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Offset, b.Offset), cmp.Compare(a.Rule, b.Rule))
	})
	r.want()
	r.prove()
}

// unique merges equal findings from several uses of a variable.
func unique(findings []rules.Finding) []rules.Finding {
	slices.SortStableFunc(findings, func(a, b rules.Finding) int {
		return cmp.Or(cmp.Compare(a.Offset, b.Offset), cmp.Compare(a.Rule, b.Rule), cmp.Compare(len(a.Via), len(b.Via)))
	})
	out, place := make([]rules.Finding, 0, len(findings)), 0 // where the findings of the same rule and offset begin
	for _, fd := range findings {
		if place < len(out) && (out[place].Offset != fd.Offset || out[place].Rule != fd.Rule) {
			place = len(out)
		}
		k := slices.IndexFunc(out[place:], func(o rules.Finding) bool {
			return o.Certainty == fd.Certainty && slices.Equal(o.Edits, fd.Edits)
		})
		if k < 0 {
			out = append(out, fd)
			continue
		}
		if same := &out[place+k]; len(same.Via) > 0 {
			same.Via = append(same.Via, fd.Via...)
		}
	}
	return out
}

// finish drops findings that were not asked for, and counts lines and columns.
func finish(findings []rules.Finding, f *source.File, only []string) []Finding {
	slices.SortStableFunc(findings, func(a, b rules.Finding) int { return cmp.Compare(a.Offset, b.Offset) })
	line, col, at := 1, 1, len(f.Src)-len(bytes.TrimPrefix(f.Src, []byte("\ufeff")))
	out := make([]Finding, 0, len(findings))
	for _, fd := range findings {
		if len(only) > 0 && !slices.Contains(only, fd.Rule) {
			continue
		}
		for ; at < fd.Offset; at++ {
			switch {
			case f.Src[at] == '\n':
				line, col = line+1, 1
			case utf8.RuneStart(f.Src[at]):
				col++
			}
		}
		out = append(out, Finding{f.Path, line, col, fd})
	}
	return out
}
