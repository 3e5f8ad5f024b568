package migrate

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"unicode/utf8"
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

// gather settles every file's findings with what only all files together tell:
// the service of files that are no workflow, and whether there is a gha cache.
func (r *Report) gather(files []*file, act string, opts Options) {
	r.files = map[string]*file{}
	for _, f := range files {
		f.follow(files)
	}
	gha := ""
	var workflows evidence
	services := map[Service]bool{}
	for _, f := range files {
		if f.gha && gha == "" {
			gha = f.path
		}
		if f.kind == kindWorkflow {
			service, why := f.service.verdict(opts)
			services[service] = true
			workflows = verdictOf(service, why)
		}
	}
	if len(services) > 1 {
		workflows = evidence{other: "the workflows run on different services"}
	}
	for _, f := range files {
		evidence := f.service
		if f.kind != kindWorkflow && evidence.v1 == "" && evidence.other == "" {
			evidence = workflows
		}
		service, why := evidence.verdict(opts)
		f.findings = unique(f.findings)
		f.demote(gha)
		f.shared()
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

func verdictOf(s Service, why string) evidence {
	switch s {
	case ServiceV1:
		return evidence{v1: why}
	case ServiceV2:
		return evidence{v2: why}
	}
	return evidence{other: why}
}

// demote lowers pins of builders in files without a gha cache: conditional if
// another file has one, else advice.
func (f *file) demote(gha string) {
	f.findings = slices.DeleteFunc(f.findings, func(fd Finding) bool { return fd.Rule == ruleHosted && gha == "" })
	for i := range f.findings {
		fd := &f.findings[i]
		switch {
		case !fd.pin || f.gha || fd.Certainty == Advice:
		case gha != "":
			fd.Certainty, fd.Why = Conditional, fd.Why+"; the gha cache is in "+gha
		default:
			fd.Certainty, fd.Why = Advice, fd.Why+"; no gha cache is named in these files"
		}
	}
}

// shared withholds what a variable's other uses forbid. An edit to the
// definition of a variable is safe only if the file uses it for nothing else.
func (f *file) shared() {
	for i := range f.findings {
		fd := &f.findings[i]
		for _, name := range names(fd.via) {
			if fd.Safe && f.references(name) > sites(fd.via, name) {
				fd.Safe = false
				fd.Why += fmt.Sprintf("; %s is used elsewhere, too", name)
			}
		}
	}
	f.clashes()
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
	for i := 1; i < len(wishes); i++ {
		a, b := wishes[i-1], wishes[i]
		if !a.overlap(b.Edit) {
			continue
		}
		for _, k := range []int{a.finding, b.finding} {
			fd := &f.findings[k]
			fd.Edits, fd.Safe, fd.NoFix = nil, false, "another finding wants to write something else there"
		}
	}
}

func names(uses []use) []string {
	var out []string
	for _, u := range uses {
		out = append(out, u.name)
	}
	return slices.Compact(slices.Sorted(slices.Values(out)))
}

// sites counts the places where name is used.
func sites(uses []use, name string) int {
	at := map[int]bool{}
	for _, u := range uses {
		if u.name == name {
			at[u.at] = true
		}
	}
	return len(at)
}

// references counts the uses of a variable in lines that are no comment.
func (f *file) references(name string) int {
	re := regexp.MustCompile(`(?:\b(?:env|matrix|inputs)\.|\$[({]?|\{\{\s*|[Ee]nv:)` + regexp.QuoteMeta(name) + `\b`)
	count := 0
	if f.kind == kindHCL {
		re = regexp.MustCompile(`\b` + regexp.QuoteMeta(name) + `\b`)
		count = -1 // the definition
	}
	for line := range bytes.Lines(f.src) {
		if line = bytes.TrimSpace(line); !bytes.HasPrefix(line, []byte("#")) {
			count += len(re.FindAllIndex(line, -1))
		}
	}
	return count
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
