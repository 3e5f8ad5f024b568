package migrate

import (
	"regexp"
	"slices"
	"strings"
)

// Definitions of variables, by the kind of file.
var (
	makeVarRE   = regexp.MustCompile(`^\s*(?:export\s+|override\s+)*([A-Za-z_]\w*)\s*(?:\?|:{1,3}|!)?=\s*([^#\r]*)`)
	justVarRE   = regexp.MustCompile(`^(?:export\s+)?([A-Za-z_][\w-]*)\s*:=\s*(?:env(?:_var_or_default)?\([^,]*,\s*)?['"]([^'"]*)['"]`)
	dockerVarRE = regexp.MustCompile(`^\s*(?i:ARG|ENV)\s+([A-Za-z_]\w*)[=\s]\s*["']?([^"'\s\\]*)`)
)

// byLine judges a Makefile, justfile or Dockerfile. Nothing parses the first two
// from outside, so where a variable is involved the edit is a suggestion.
func (f *file) byLine() {
	define := map[kind]*regexp.Regexp{kindMake: makeVarRE, kindJust: justVarRE, kindDockerfile: dockerVarRE}[f.kind]
	vars := map[string][]text{}
	var lines []text
	for _, line := range literal(f.src, 0, len(f.src)).lines() {
		if strings.HasPrefix(strings.TrimSpace(line.value), "#") {
			continue
		}
		m := define.FindStringSubmatchIndex(line.value)
		if m == nil || strings.HasPrefix(line.value, "\t") {
			lines = append(lines, line)
			continue
		}
		if f.kind != kindDockerfile {
			line = line.suggested()
		}
		lines = append(lines, line)
		f.define(vars, line.value[m[2]:m[3]], line.cut(m[4], m[5]).trim(" \t"))
	}
	for _, line := range lines {
		for _, resolved := range references(line, vars) {
			f.looseLine(&scope{}, resolved)
		}
	}
}

func (f *file) define(vars map[string][]text, name string, value text) {
	if name == serviceFlag && !strings.Contains(value.value, "$") {
		f.flagValue(value, 0, len(value.value), Certain)
	}
	vars[name] = append(vars[name], value)
	if len(vars[name]) > 1 {
		vars[name] = several(vars[name])
	}
}

// loose scans text line by line and word by word.
func (f *file) loose(s *scope, t text) {
	for _, line := range t.lines() {
		if !strings.HasPrefix(strings.TrimSpace(line.value), "#") {
			f.looseLine(s, line)
		}
	}
}

func (f *file) looseLine(s *scope, line text) {
	for _, w := range line.fields() {
		if strings.HasPrefix(w.value, "#") {
			return
		}
		for _, v := range s.expand(w.trim("\"'`\\;()")) {
			f.word(v, "run")
		}
	}
}

var referenceRE = regexp.MustCompile(`\$\(([A-Za-z_]\w*)\)|\$\{([A-Za-z_]\w*)(?::?-([^}]*))?\}|\$([A-Za-z_]\w*)|\{\{\s*([A-Za-z_][\w-]*)\s*\}\}`)

// references resolves $(X), ${X}, ${X:-default}, $X and {{ X }} in a line of a
// Makefile, justfile, Dockerfile or compose file.
func references(t text, vars map[string][]text) []text {
	values := []text{t}
	all := referenceRE.FindAllStringSubmatchIndex(t.value, -1)
	for _, m := range slices.Backward(all) {
		name, with := "", []text(nil)
		for _, g := range []int{2, 4, 8, 10} {
			if m[g] >= 0 {
				name = t.value[m[g]:m[g+1]]
			}
		}
		with = append(with, vars[name]...)
		if m[6] >= 0 {
			with = append(with, t.cut(m[6], m[7]))
		}
		if len(with) == 0 {
			continue
		}
		values = combine(values, with, func(v, w text) text { return v.splice(m[0], m[1], w.from(name, t.pos(m[0]))) })
	}
	return values
}
