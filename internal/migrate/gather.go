package migrate

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"unicode/utf8"
)

// gather settles every file's findings with what only all files together tell:
// the service of files that are no workflow, and whether there is a gha cache.
// Act is the path of a file that says that act runs the workflows, or "".
func (r *Report) gather(files []*file, act string, opts Options) {
	r.files = map[string]*file{}
	for _, f := range files {
		f.follow(files)
	}
	gha := ""
	if i := slices.IndexFunc(files, func(f *file) bool { return f.gha }); i >= 0 {
		gha = files[i].path
	}
	workflows := together(files)
	for _, f := range files {
		service, why := cmp.Or(f.service, workflows).verdict(opts)
		f.findings = unique(f.findings)
		f.demote(gha)
		f.shared()
		f.clashes()
		findings := settle(f.findings, service, why)
		if act != "" && opts.Service != ServiceV2 {
			spare(findings, act)
		}
		r.Findings = append(r.Findings, f.finish(findings, opts.Only)...)
		r.files[f.path] = f
	}
	slices.SortStableFunc(r.Findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.offset, b.offset), cmp.Compare(a.Rule, b.Rule))
	})
	r.want()
}

// together is what the workflows say of the service, if they agree. It holds
// for files that say nothing themselves.
func together(files []*file) evidence {
	var all evidence
	for _, f := range files {
		switch {
		case f.kind != kindWorkflow || f.service == evidence{}:
		case all == evidence{} || all.alone() == f.service.alone():
			all = f.service
		default:
			return evidence{other: "the workflows run on different services"}
		}
	}
	return all
}

// demote lowers pins of builders in files without a gha cache: conditional if
// another file has one, else advice. What a Dockerfile or a compose file pins is
// mostly an image that is run, not the builder.
func (f *file) demote(gha string) {
	f.findings = slices.DeleteFunc(f.findings, func(fd Finding) bool { return fd.Rule == ruleHosted && gha == "" })
	for i := range f.findings {
		fd := &f.findings[i]
		switch {
		case !fd.pin || f.gha || fd.Certainty == Advice:
		case gha != "" && f.kind != kindDockerfile && f.kind != kindCompose:
			fd.Certainty, fd.Why = Conditional, fd.Why+"; the gha cache is in "+gha
		case gha == "":
			fd.Why += "; no gha cache is named in these files"
			fallthrough
		default:
			fd.Certainty = Advice
		}
	}
}

// clashes takes the edits from findings that want the same bytes differently.
func (f *file) clashes() {
	type wish struct {
		Edit
		finding int
	}
	var wishes []wish
	for i, fd := range f.findings {
		for _, e := range fd.Edits {
			wishes = append(wishes, wish{e, i})
		}
	}
	slices.SortFunc(wishes, func(a, b wish) int { return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End)) })
	last := 0 // the one that reaches farthest
	for i := 1; i < len(wishes); i++ {
		a, b := wishes[last], wishes[i]
		if b.End >= a.End {
			last = i
		}
		if !a.overlap(b.Edit) {
			continue
		}
		for _, k := range []int{a.finding, b.finding} {
			fd := &f.findings[k]
			fd.Edits, fd.Safe, fd.NoFix = nil, false, "another finding wants to write something else there"
		}
	}
}

// unique merges findings that came to the same from several uses of a variable.
func unique(findings []Finding) []Finding {
	slices.SortStableFunc(findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.offset, b.offset), cmp.Compare(a.Rule, b.Rule), cmp.Compare(len(a.via), len(b.via)))
	})
	seen := map[string]int{}
	var out []Finding
	for _, fd := range findings {
		id := fmt.Sprint(fd.Rule, fd.offset, fd.Edits, fd.Certainty)
		k, ok := seen[id]
		if !ok {
			seen[id] = len(out)
			out = append(out, fd)
			continue
		}
		if len(out[k].via) > 0 {
			out[k].via = append(out[k].via, fd.via...)
		}
	}
	return out
}

// finish drops what was not asked for, and counts lines and columns.
func (f *file) finish(findings []Finding, only []string) []Finding {
	slices.SortStableFunc(findings, func(a, b Finding) int { return cmp.Compare(a.offset, b.offset) })
	line, col, at := 1, 1, len(f.src)-len(bytes.TrimPrefix(f.src, []byte("\ufeff")))
	var out []Finding
	for _, fd := range findings {
		if len(only) > 0 && !slices.Contains(only, fd.Rule) {
			continue
		}
		for ; at < fd.offset; at++ {
			switch {
			case f.src[at] == '\n':
				line, col = line+1, 1
			case utf8.RuneStart(f.src[at]):
				col++
			}
		}
		fd.Line, fd.Col = line, col
		out = append(out, fd)
	}
	return out
}
