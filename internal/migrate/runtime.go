package migrate

import (
	"bytes"
	"cmp"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Variables of the runtime, as the runner names them.
const (
	cacheURL    = "ACTIONS_CACHE_URL"
	resultsURL  = "ACTIONS_RESULTS_URL"
	serviceFlag = "ACTIONS_CACHE_SERVICE_V2"
)

// cacheURL looks for ACTIONS_CACHE_URL handed into a build, or set without the
// variables of version 2. In a cache entry it is the url attribute's matter.
func (f *file) cacheURL(t text, key string) {
	at := strings.Index(t.value, cacheURL)
	if at < 0 || key == cacheURL || ghaRE.MatchString(t.value) || bytes.Contains(f.src, []byte(resultsURL)) {
		return
	}
	rest := t.value[at+len(cacheURL):]
	handed := slices.Contains([]string{"build-args", "secrets", "secret-envs", "args", "secret"}, key) ||
		strings.Contains(t.value, "id="+cacheURL) || strings.Contains(t.value, "env="+cacheURL)
	switch {
	case handed || slices.Contains([]kind{kindDockerfile, kindHCL, kindJSON, kindCompose}, f.kind):
		f.report(t, at, Finding{Rule: ruleInside, Certainty: Conditional, Text: t.value,
			Why:   "what uses the cache inside the build gets the address of version 1 only",
			NoFix: "hand in ACTIONS_RESULTS_URL and ACTIONS_CACHE_SERVICE_V2, if the tool knows them"})
	case strings.HasPrefix(rest, "=") && key != "script":
		f.report(t, at, Finding{Rule: ruleExport, Certainty: Conditional, Text: t.value, Why: exportWhy,
			NoFix: "export ACTIONS_RESULTS_URL and ACTIONS_CACHE_SERVICE_V2, too"})
	}
}

const exportWhy = "steps that see ACTIONS_CACHE_URL without ACTIONS_RESULTS_URL and ACTIONS_CACHE_SERVICE_V2 stay on version 1"

// exports judges ACTIONS_CACHE_URL in a mapping of variables.
func (f *file) exports(s *scope, vars, key *yaml.Node) {
	if key.Value != cacheURL || get(vars, resultsURL) != nil {
		return
	}
	f.report(s.doc.text(key), 0, Finding{Rule: ruleExport, Certainty: Conditional, Text: key.Value,
		Why:   "run: steps see it and stay on version 1 without ACTIONS_RESULTS_URL; JavaScript actions do not see it",
		NoFix: "take it out, or set ACTIONS_RESULTS_URL and ACTIONS_CACHE_SERVICE_V2, too"})
}

var exportRE = regexp.MustCompile(`^(?:await\s+)?core\.exportVariable\(\s*['"` + "`" + `]ACTIONS_CACHE_URL['"` + "`" + `]\s*,.*process\.env\b.*ACTIONS_CACHE_URL.*\)\s*;?$`)

// script judges an actions/github-script step that exports the variables of
// version 1, the workaround from before ghaction-github-runtime. The fix
// repeats the line for the variables of version 2.
func (f *file) script(a action) {
	t := a.s.doc.text(get(a.with, "script"))
	var missing []string
	for _, name := range []string{resultsURL, serviceFlag} {
		if !strings.Contains(t.value, name) {
			missing = append(missing, name)
		}
	}
	for _, line := range t.lines() {
		line = line.trim(" \t\r")
		if len(missing) == 0 || strings.HasPrefix(line.value, "//") || !strings.Contains(line.value, "exportVariable") ||
			!strings.Contains(line.value, cacheURL) {
			continue
		}
		fd := Finding{Rule: ruleExport, Certainty: Conditional, Text: line.value, Why: exportWhy,
			Fix: "export " + strings.Join(missing, " and ") + ", too", Safe: true}
		if !exportRE.MatchString(line.value) {
			fd.NoFix, fd.Safe = "it is not a line of its own that copies process.env", false
		}
		end := len(line.value)
		if with, ok := f.repeated(line, missing); ok {
			f.edit(&fd, line, end, end, with)
		} else {
			fd.NoFix, fd.Safe = cmp.Or(fd.NoFix, "the script is not a block"), false
		}
		f.report(line, 0, fd)
	}
}

// repeated is the line again for each of names, with the indentation of the file.
func (f *file) repeated(line text, names []string) (string, bool) {
	start := bytes.LastIndexByte(f.src[:line.at], '\n') + 1
	indent := string(f.src[start:line.at])
	var out strings.Builder
	for _, name := range names {
		out.WriteString(f.newline() + indent)
		out.WriteString(strings.ReplaceAll(line.value, cacheURL, name))
	}
	return out.String(), strings.Trim(indent, " ") == ""
}

// newline is how the file ends its lines.
func (f *file) newline() string {
	if n := bytes.IndexByte(f.src, '\n'); n > 0 && f.src[n-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}

func (f *file) containerAction(t text) {
	if !f.gha {
		return
	}
	f.report(t, 0, Finding{Rule: ruleContainer, Certainty: Conditional, Text: t.value,
		Why:   "the runner does not hand ACTIONS_CACHE_SERVICE_V2 to Docker container actions",
		NoFix: "set ACTIONS_CACHE_SERVICE_V2: \"true\" in the step's env, or version=2 in the cache entry"})
}

// holdsGHA says that a gha cache is named below n.
func (f *file) holdsGHA(n *yaml.Node) bool {
	if n = plain(n); n == nil {
		return false
	}
	if ghaRE.MatchString(n.Value) {
		f.gha = true
		return true
	}
	return slices.ContainsFunc(n.Content, f.holdsGHA)
}

func (f *file) dagger(t text) {
	if ghaRE.MatchString(t.value) {
		f.report(t, 0, Finding{Rule: ruleNoV2, Certainty: Conditional, Text: t.value,
			Why: "no version of Dagger is known to speak version 2 of the cache service", NoFix: "use another cache"})
	}
}
