package rules

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/lazyregexp"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/scan"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source"
)

const exportWhy = "a step with ACTIONS_CACHE_URL, but without ACTIONS_RESULTS_URL and ACTIONS_CACHE_SERVICE_V2, stays on version 1"

// exportedIn judges ACTIONS_CACHE_URL in an env:.
func exportedIn(env scan.Env) (out []Finding) {
	for name := range env.Pairs() {
		if name.Value != cacheURL || env.Has(resultsURL) {
			continue
		}
		out = append(out, Finding{Rule: CacheURLExport, Certainty: Conditional, Text: name.Value,
			Why:   "without ACTIONS_RESULTS_URL, it keeps run: steps on version 1; JavaScript actions do not get it",
			NoFix: "remove it, or also set ACTIONS_RESULTS_URL and ACTIONS_CACHE_SERVICE_V2"}.at(name, 0)...)
	}
	return out
}

var exportRE = lazyregexp.New(`^(?:await\s+)?core\.exportVariable\(\s*['"` + "`" + `]ACTIONS_CACHE_URL['"` + "`" + `]\s*,.*process\.env\b.*ACTIONS_CACHE_URL.*\)\s*;?$`)

// githubScript judges an actions/github-script step that exports the variables of
// version 1, a workaround older than ghaction-github-runtime. The fix repeats the
// line for the variables of version 2.
func githubScript(a scan.Action) (out []Finding) {
	if path.Base(a.Repo) != "github-script" {
		return nil
	}
	t := a.With.Text("script")
	var missing []string
	for _, name := range []string{resultsURL, serviceFlag} {
		if !slices.ContainsFunc(t.Lines(), func(line source.Text) bool {
			return strings.Contains(line.Value, name) && !strings.HasPrefix(strings.TrimSpace(line.Value), "//")
		}) {
			missing = append(missing, name)
		}
	}
	for _, line := range t.Lines() {
		line = line.Trim(" \t\r")
		if len(missing) > 0 && !strings.HasPrefix(line.Value, "//") && strings.Contains(line.Value, "exportVariable") && strings.Contains(line.Value, cacheURL) {
			out = append(out, exportLine(line, missing)...)
		}
	}
	return out
}

func exportLine(line source.Text, missing []string) []Finding {
	fd := Finding{Rule: CacheURLExport, Certainty: Conditional, Text: line.Value, Why: exportWhy,
		Fix: "also export " + strings.Join(missing, " and "), Safe: true}
	if !exportRE().MatchString(line.Value) {
		fd = fd.without("it is not a single line that copies process.env")
	}
	end := len(line.Value)
	if with, ok := repeated(line, missing); ok {
		return fd.replace(line, end, end, with).at(line, 0)
	}
	return fd.without(cmp.Or(fd.NoFix, "the script is not in block style")).at(line, 0)
}

// repeated is the line again for each of names, with the indentation of the file.
func repeated(line source.Text, names []string) (string, bool) {
	indent := line.Indent()
	var out strings.Builder
	for _, name := range names {
		out.WriteString(line.Newline() + indent)
		out.WriteString(strings.ReplaceAll(line.Value, cacheURL, name))
	}
	return out.String(), strings.Trim(indent, " ") == ""
}
