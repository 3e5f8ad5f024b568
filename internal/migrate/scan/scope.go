package scan

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/docker-ghacache/docker-ghacache/internal/lazyregexp"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source"
)

// scope resolves names in one place of a workflow or action: step in job in
// workflow.
type scope struct {
	outer  *scope
	doc    *source.YAML
	env    *yaml.Node
	matrix *yaml.Node // strategy.matrix
	inputs *yaml.Node // declared inputs, by name
	vars   map[string][]source.Text
	budget *source.Budget // of the file
	runner Runner
}

var (
	contextRE = lazyregexp.New(`^(env|matrix|inputs|github\.event\.inputs)((?:\.[\w-]+|\['[\w-]+'\])+)$`)
	memberRE  = lazyregexp.New(`[\w-]+`)
)

// maxDepth limits how many variables lead to each other.
const maxDepth = 8

// expand returns the values of t with its expressions resolved. If one cannot be
// resolved, it stays as it is written.
func (s *scope) expand(t source.Text) []source.Text { return s.expandTo(t, 0) }

func (s *scope) expandTo(t source.Text, depth int) []source.Text {
	values := []source.Text{t}
	if t.Long() {
		return values
	}
	all := source.Expressions(t.Value)
	for k := len(all) - 1; k >= 0 && depth < maxDepth; k-- {
		m := all[k]
		if with := s.eval(t.Cut(m[2], m[3]), depth); len(with) > 0 {
			if values = s.budget.Combine(values, with, func(v, w source.Text) source.Text { return v.Splice(m[0], m[1], w) }); values == nil {
				return []source.Text{t}
			}
		}
	}
	return values
}

// eval returns the possible values of an expression: literals, env, matrix and
// inputs, with || and &&.
func (s *scope) eval(t source.Text, depth int) []source.Text {
	var out []source.Text
	for _, part := range operands(t) {
		if len(out) > source.MaxValues || !s.budget.Take() {
			return nil
		}
		if n := len(part.Value); n > 1 && part.Value[0] == '\'' && strings.IndexByte(part.Value[1:], '\'') == n-2 {
			out = append(out, part.Cut(1, n-1))
			continue
		}
		if m := contextRE().FindStringSubmatch(part.Value); m != nil {
			path := memberRE().FindAllString(m[2], -1)
			for _, v := range s.lookup(m[1], path, depth+1) {
				out = append(out, v.From(path[len(path)-1], part.Pos(0)))
			}
		}
	}
	return out
}

// operands splits a || b && c into a and c: the values it can have.
func operands(t source.Text) []source.Text {
	var out []source.Text
	rest := t
	for {
		or := strings.Index(rest.Value, "||")
		part := rest
		if or >= 0 {
			part = rest.Cut(0, or)
		}
		if and := strings.LastIndex(part.Value, "&&"); and >= 0 {
			part = part.Cut(and+2, len(part.Value))
		}
		out = append(out, part.Trim(" \t\r\n()"))
		if or < 0 {
			return out
		}
		rest = rest.Cut(or+2, len(rest.Value))
	}
}

func (s *scope) lookup(context string, path []string, depth int) []source.Text {
	if s == nil || depth > maxDepth {
		return nil
	}
	var found []source.Text
	switch context {
	case "env":
		found = s.member(path[0], depth)
	case "matrix":
		found = s.matrixValues(path, depth)
	default:
		if d := source.Get(s.inputs, path[0], "default"); d != nil {
			found = s.expandTo(s.doc.Text(d), depth)
		}
	}
	if found == nil {
		return s.outer.lookup(context, path, depth)
	}
	return found
}

// member is one variable of env:. In its value env stands for what is around.
func (s *scope) member(name string, depth int) []source.Text {
	n := source.Get(s.env, name)
	if n == nil {
		return nil
	}
	t := s.doc.Text(n)
	if source.Duplicated(s.env, name) {
		t = t.Refuse("the mapping has this key twice")
	}
	around := *s
	around.env = nil
	return around.expandTo(t, depth)
}

func (s *scope) matrixValues(path []string, depth int) []source.Text {
	values := source.Items(source.Get(s.matrix, path[0]))
	for _, include := range source.Items(source.Get(s.matrix, "include")) {
		if v := source.Get(include, path[0]); v != nil {
			values = append(slices.Clip(values), v)
		}
	}
	var out []source.Text
	for _, v := range values {
		if v = source.Get(v, path[1:]...); v == nil || source.Deref(v).Kind != yaml.ScalarNode {
			continue
		}
		for _, t := range s.expandTo(s.doc.Text(v), depth) {
			if len(values) > 1 {
				t = t.Several()
			}
			out = append(out, t)
		}
	}
	return out
}

// variable gives the values of a shell variable: of the script, then of env.
func (s *scope) variable(name string) []source.Text {
	if s == nil {
		return nil
	}
	if v := s.vars[name]; v != nil {
		return v
	}
	return s.lookup("env", []string{name}, 0)
}
