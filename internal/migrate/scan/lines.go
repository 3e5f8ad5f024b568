package scan

import (
	"regexp"
	"slices"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/lazyregexp"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source"
)

// Definitions of variables, by the kind of file.
var (
	makeVarRE   = lazyregexp.New(`^\s*(?:export\s+|override\s+)*([A-Za-z_]\w*)\s*(?:\?|:{1,3}|!)?=\s*([^#\r]*)`)
	justVarRE   = lazyregexp.New(`^(?:export\s+)?([A-Za-z_][\w-]*)\s*:=\s*(?:env(?:_var_or_default)?\([^,]*,\s*)?['"]([^'"]*)['"]`)
	dockerVarRE = lazyregexp.New(`^\s*(?i:ARG|ENV)\s+([A-Za-z_]\w*)[=\s]\s*["']?([^"'\s\\]*)`)
)

// byLine reads a Makefile, justfile or Dockerfile. No parser knows the variables of
// the first two, so an edit that involves a variable is a suggestion.
func (p *Page) byLine() {
	define := map[source.Kind]*regexp.Regexp{source.Make: makeVarRE(), source.Just: justVarRE(), source.Dockerfile: dockerVarRE()}[p.File.Kind]
	vars := map[string][]source.Text{}
	var lines []source.Text
	for _, line := range source.Literal(p.File.Src, 0, len(p.File.Src)).Lines() {
		if strings.HasPrefix(strings.TrimSpace(line.Value), "#") {
			continue
		}
		m := define.FindStringSubmatchIndex(line.Value)
		if m == nil || strings.HasPrefix(line.Value, "\t") {
			lines = append(lines, line)
			continue
		}
		if p.File.Kind != source.Dockerfile {
			line = line.Suggested()
		}
		lines = append(lines, line)
		p.define(vars, Variable{line.Value[m[2]:m[3]], line.Cut(m[4], m[5]).Trim(" \t")})
	}
	for _, line := range lines {
		for _, resolved := range references(p.budget, line, vars) {
			p.looseLine(p.bare(), resolved)
		}
	}
}

func (p *Page) define(vars map[string][]source.Text, v Variable) {
	p.Assigned = append(p.Assigned, v)
	vars[v.Name] = among(vars[v.Name], v.Value)
}

// loose adds the words of each line of a text that has no parser.
func (p *Page) loose(s *scope, t source.Text) {
	for _, line := range t.Lines() {
		if !strings.HasPrefix(strings.TrimSpace(line.Value), "#") {
			p.looseLine(s, line)
		}
	}
}

// looseLine adds the words of a line up to a comment, but for those that are printed.
func (p *Page) looseLine(s *scope, line source.Text) {
	for _, part := range spokenLine(line) {
		for _, w := range part.Fields() {
			if strings.HasPrefix(w.Value, "#") {
				return
			}
			p.expanded(s, w.Bare())
		}
	}
}

var referenceRE = lazyregexp.New(`\$\(([A-Za-z_]\w*)\)|\$\{([A-Za-z_]\w*)(?::?-([^}]*))?\}|\$([A-Za-z_]\w*)|\{\{\s*([A-Za-z_][\w-]*)\s*\}\}`)

// references resolves $(X), ${X}, ${X:-default}, $X and {{ X }} in a line of a
// Makefile, justfile, Dockerfile or compose file.
func references(budget *source.Budget, t source.Text, vars map[string][]source.Text) []source.Text {
	values := []source.Text{t}
	if t.Long() {
		return values
	}
	all := referenceRE().FindAllStringSubmatchIndex(t.Value, -1)
	for _, m := range slices.Backward(all) {
		name, with := "", []source.Text(nil)
		for _, g := range []int{2, 4, 8, 10} {
			if m[g] >= 0 {
				name = t.Value[m[g]:m[g+1]]
			}
		}
		with = append(with, vars[name]...)
		if m[6] >= 0 {
			with = append(with, t.Cut(m[6], m[7]))
		}
		if len(with) == 0 {
			continue
		}
		for i := range with {
			with[i] = with[i].From(name, t.Pos(m[0]))
		}
		if values = budget.Combine(values, with, func(v, w source.Text) source.Text { return v.Splice(m[0], m[1], w) }); values == nil {
			return []source.Text{t}
		}
	}
	return values
}
