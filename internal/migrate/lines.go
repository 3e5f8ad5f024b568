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
	whole := literal(f.src, 0, len(f.src))
	for _, line := range whole.lines() {
		m := define.FindStringSubmatchIndex(line.value)
		if m == nil || strings.HasPrefix(line.value, "\t") {
			continue
		}
		name, v := line.value[m[2]:m[3]], line.cut(m[4], m[5]).trim(" \t")
		v.unsure = f.kind != kindDockerfile
		for _, known := range vars[name] {
			v.many = known.value != v.value
		}
		vars[name] = append(vars[name], v)
	}
	f.loose(nil, whole, vars)
}
