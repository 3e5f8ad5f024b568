package scan

import (
	"bytes"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/docker-ghacache/docker-ghacache/internal/lazyregexp"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source"
)

// Part is a job of a workflow: the bytes [Start, End) of its file.
type Part struct {
	Name       string
	Start, End int
	GHA        bool // it names a gha cache
	Elsewhere  bool // it runs what may name one: a bake or compose file, a script, an action beside it
	Created    bool // it creates a builder, which has a BuildKit of its own, and uses it
	Default    bool // it asks for the builder of the docker driver

	mentions map[string]bool
}

var elsewhereRE = lazyregexp.New(`\b(?:bake|compose|docker-compose|make|just|task)\b|\.sh\b|(?:^|\s)\.{0,2}/\S`)

// begin makes a job the part that words are added to.
func (p *Page) begin(doc *source.YAML, name *yaml.Node, end int) {
	p.Parts = append(p.Parts, Part{Name: name.Value, Start: doc.Offset(name), End: end})
	p.inPart = true
}

// part is the one that words are added to, nil outside of jobs.
func (p *Page) part() *Part {
	if !p.inPart {
		return nil
	}
	return &p.Parts[len(p.Parts)-1]
}

// named records that a gha cache is named.
func (p *Page) named() {
	p.GHA = true
	if part := p.part(); part != nil {
		part.GHA = true
	}
}

// leads records that a step runs what may name a gha cache.
func (p *Page) leads() {
	if part := p.part(); part != nil {
		part.Elsewhere = true
	}
}

// Mentions says that a name is written outside of comments where a word at an offset
// sees it: in its job, or outside of all jobs.
func (p *Page) Mentions(name string, at int) bool {
	i := slices.IndexFunc(p.Parts, func(x Part) bool { return x.Start <= at && at < x.End })
	if i >= 0 && p.once(&p.Parts[i], name, func(x Part) bool { return x.Start == p.Parts[i].Start }) {
		return true
	}
	return p.once(&p.around, name, func(x Part) bool { return x.Start < 0 })
}

// once looks for a name in the lines of one part, or of none, and keeps the answer.
func (p *Page) once(part *Part, name string, in func(Part) bool) bool {
	if found, ok := part.mentions[name]; ok {
		return found
	}
	found, at := false, 0
	for line := range bytes.Lines(p.File.Src) {
		where := Part{Start: -1}
		if i := slices.IndexFunc(p.Parts, func(x Part) bool { return x.Start <= at && at < x.End }); i >= 0 {
			where = p.Parts[i]
		}
		at += len(line)
		found = found || in(where) && bytes.Contains(uncommented(line), []byte(name))
	}
	if part.mentions == nil {
		part.mentions = map[string]bool{}
	}
	part.mentions[name] = found
	return found
}

// uncommented is a line without its comment.
func uncommented(line []byte) []byte {
	trimmed := bytes.TrimSpace(line)
	if bytes.HasPrefix(trimmed, []byte("#")) || bytes.HasPrefix(trimmed, []byte("//")) {
		return nil
	}
	line, _, _ = bytes.Cut(line, []byte(" #"))
	line, _, _ = bytes.Cut(line, []byte(" // "))
	return line
}
