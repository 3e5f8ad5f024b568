package rules

import (
	"slices"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate/scan"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source"
)

// Variables of the runtime, as the runner names them.
const (
	cacheURL    = "ACTIONS_CACHE_URL"
	resultsURL  = "ACTIONS_RESULTS_URL"
	serviceFlag = "ACTIONS_CACHE_SERVICE_V2"
)

// handedIn looks for ACTIONS_CACHE_URL handed into a build.
func handedIn(p *scan.Page, w scan.Word) []Finding {
	at, ok := lonelyURL(p, w)
	if !ok || !handed(w, p.File.Kind) {
		return nil
	}
	return Finding{Rule: InsideBuild, Certainty: Conditional, Text: w.Value,
		Why:   "a tool inside the build gets only the URL of version 1",
		NoFix: "also pass ACTIONS_RESULTS_URL and ACTIONS_CACHE_SERVICE_V2, if the tool supports them"}.at(w.Text, at)
}

// exportedByScript looks for ACTIONS_CACHE_URL set by a script without the variables of
// version 2.
func exportedByScript(p *scan.Page, w scan.Word) []Finding {
	at, ok := lonelyURL(p, w)
	if !ok || handed(w, p.File.Kind) || w.Key == "script" || !strings.HasPrefix(w.Value[at+len(cacheURL):], "=") {
		return nil
	}
	return Finding{Rule: CacheURLExport, Certainty: Conditional, Text: w.Value, Why: exportWhy,
		NoFix: "also export ACTIONS_RESULTS_URL and ACTIONS_CACHE_SERVICE_V2"}.at(w.Text, at)
}

// lonelyURL is where a word names ACTIONS_CACHE_URL, in a job or a file without
// ACTIONS_RESULTS_URL. In a cache entry it is the url attribute's matter.
func lonelyURL(p *scan.Page, w scan.Word) (at int, ok bool) {
	at = strings.Index(w.Value, cacheURL)
	return at, at >= 0 && w.Key != cacheURL && source.FindGHA(w.Value) == nil && !p.Mentions(resultsURL, w.Pos(at))
}

// handed reports whether a word is an argument or a secret of a build.
func handed(w scan.Word, kind source.Kind) bool {
	return slices.Contains([]source.Kind{source.Dockerfile, source.HCL, source.JSON, source.Compose}, kind) ||
		slices.Contains([]string{"build-args", "secrets", "secret-envs", "args", "secret"}, w.Key) ||
		strings.Contains(w.Value, "id="+cacheURL) || strings.Contains(w.Value, "env="+cacheURL)
}

// containerAction judges a Docker container action, or a step that runs an image,
// in a file with a gha cache.
func containerAction(t source.Text) []Finding {
	return Finding{Rule: ContainerAction, Certainty: Conditional, Text: t.Value,
		Why:   "Docker container actions do not get ACTIONS_CACHE_SERVICE_V2 from the runner",
		NoFix: "set ACTIONS_CACHE_SERVICE_V2: \"true\" in the step's env, or version=2 in the cache entry"}.at(t, 0)
}
