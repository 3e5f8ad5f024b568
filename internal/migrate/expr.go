package migrate

import (
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// scope resolves names in one place of a workflow or action: step in job in
// workflow.
type scope struct {
	outer  *scope
	doc    *yamlFile
	env    *yaml.Node
	matrix *yaml.Node // strategy.matrix
	inputs *yaml.Node // declared inputs, by name
	vars   map[string][]text
	hosted bool // runs on a runner of GitHub
}

var (
	exprRE    = regexp.MustCompile(`\$\{\{(.*?)\}\}`)
	contextRE = regexp.MustCompile(`^(env|matrix|inputs|github\.event\.inputs)((?:\.[\w-]+|\['[\w-]+'\])+)$`)
	memberRE  = regexp.MustCompile(`[\w-]+`)
)

// Limits of expansion: enough for any real matrix, no way to run away.
const (
	maxValues = 64
	maxDepth  = 8
)

// expand gives the values of t with its expressions resolved. What cannot be
// resolved stays as it is written.
func (s *scope) expand(t text) []text { return s.expandTo(t, 0) }

func (s *scope) expandTo(t text, depth int) []text {
	values := []text{t}
	all := exprRE.FindAllStringSubmatchIndex(t.value, -1)
	for k := len(all) - 1; k >= 0 && depth < maxDepth; k-- {
		m := all[k]
		if with := s.eval(t.cut(m[2], m[3]), depth); len(with) > 0 {
			values = combine(values, with, func(v, w text) text { return v.splice(m[0], m[1], w) })
		}
	}
	return values
}

// eval gives what an expression can come to: literals, env, matrix and inputs,
// through || and &&.
func (s *scope) eval(t text, depth int) []text {
	var out []text
	for _, part := range operands(t) {
		if n := len(part.value); n > 1 && part.value[0] == '\'' && strings.IndexByte(part.value[1:], '\'') == n-2 {
			out = append(out, part.cut(1, n-1))
			continue
		}
		if m := contextRE.FindStringSubmatch(part.value); m != nil {
			path := memberRE.FindAllString(m[2], -1)
			for _, v := range s.lookup(m[1], path, depth+1) {
				out = append(out, v.from(path[len(path)-1], part.at))
			}
		}
	}
	return out
}

// masked replaces every expression by a plain word of the same length, for what
// reads the text around it as another language.
func masked(s string) string {
	return exprRE.ReplaceAllStringFunc(s, func(e string) string { return strings.Repeat("x", len(e)) })
}

// operands splits a || b && c into a and c: the values it can have.
func operands(t text) []text {
	var out []text
	rest := t
	for {
		or := strings.Index(rest.value, "||")
		part := rest
		if or >= 0 {
			part = rest.cut(0, or)
		}
		if and := strings.LastIndex(part.value, "&&"); and >= 0 {
			part = part.cut(and+2, len(part.value))
		}
		out = append(out, part.trim(" \t\r\n()"))
		if or < 0 {
			return out
		}
		rest = rest.cut(or+2, len(rest.value))
	}
}

func (s *scope) lookup(context string, path []string, depth int) []text {
	if s == nil || depth > maxDepth {
		return nil
	}
	var found []text
	switch context {
	case "env":
		found = s.member(path[0], depth)
	case "matrix":
		found = s.matrixValues(path, depth)
	default:
		if d := get(s.inputs, path[0], "default"); d != nil {
			found = s.expandTo(s.doc.text(d), depth)
		}
	}
	if found == nil {
		return s.outer.lookup(context, path, depth)
	}
	return found
}

// member is one variable of env:. In its value env stands for what is around.
func (s *scope) member(name string, depth int) []text {
	n := get(s.env, name)
	if n == nil {
		return nil
	}
	t := s.doc.text(n)
	if duplicated(s.env, name) {
		t.refuse = "the key is there twice"
	}
	around := *s
	around.env = nil
	return around.expandTo(t, depth)
}

func (s *scope) matrixValues(path []string, depth int) []text {
	values := items(get(s.matrix, path[0]))
	for _, include := range items(get(s.matrix, "include")) {
		if v := get(include, path[0]); v != nil {
			values = append(slices.Clip(values), v)
		}
	}
	var out []text
	for _, v := range values {
		if v = get(v, path[1:]...); v == nil || deref(v).Kind != yaml.ScalarNode {
			continue
		}
		for _, t := range s.expandTo(s.doc.text(v), depth) {
			if len(values) > 1 {
				t = t.several()
			}
			out = append(out, t)
		}
	}
	return out
}

// variable gives the values of a shell variable: of the script, then of env.
func (s *scope) variable(name string) []text {
	if s == nil {
		return nil
	}
	if v := s.vars[name]; v != nil {
		return v
	}
	return s.lookup("env", []string{name}, 0)
}
