package migrate

import (
	"regexp"
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
