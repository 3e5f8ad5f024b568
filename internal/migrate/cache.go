package migrate

import (
	"fmt"
	"strings"
)

// entry judges the gha cache entry in a word.
func (f *file) entry(t text) {
	i, j, ok := cacheEntry(t.value)
	if !ok {
		return
	}
	f.gha = true
	f.everyTarget(t, i, j)
	e := t.cut(i, j)
	if e.refuse == "" && e.broken() {
		e.refuse = "the entry is spread over several lines"
	}
	for _, a := range attributes(e.value) {
		f.attribute(e, a)
	}
}

func (f *file) attribute(e text, a attr) {
	key, value := strings.TrimSpace(a.key), e.value[a.from:a.end]
	shown := strings.TrimSpace(e.value[a.start:a.end])
	if spaces := len(a.key) - len(strings.TrimLeft(a.key, " \t")); spaces > 0 {
		f.replace(Finding{
			Rule: ruleSpace, Certainty: Certain, Text: e.value,
			Why: fmt.Sprintf("buildx reads the key %q and ignores it", a.key),
			Fix: "take the space away", Safe: true,
		}, e, a.start, a.start+spaces, "")
	}
	switch key {
	case "version":
		f.cacheVersion(e, a.from, a.end)
	case "url_v2":
		f.needsV2(e, a.start, shown)
	case "url":
		f.service.see(value)
		f.report(e, a.start, Finding{Rule: ruleURL, Certainty: Conditional, Text: shown, Why: urlWhy,
			NoFix: "it depends on the step's variables",
			Fix:   "take url= and token= out and export all of the runtime's variables, as crazy-max/ghaction-github-runtime does"})
	}
}

const urlWhy = "version 2 ignores it if ACTIONS_CACHE_SERVICE_V2 and ACTIONS_RESULTS_URL are visible, " +
	"and a step that sees ACTIONS_CACHE_URL only stays on version 1"

// cacheVersion judges the version attribute. It is set to 2, not taken out: that
// holds in a step that does not see ACTIONS_CACHE_SERVICE_V2, too.
func (f *file) cacheVersion(t text, i, j int) {
	switch strings.TrimSpace(t.value[i:j]) {
	case "1":
		f.replace(Finding{
			Rule: ruleVersion, Certainty: Certain, Text: "version=1",
			Why: "it chooses the service that was shut down", Fix: "version=2", Safe: true,
		}, t, i, j, "2")
	case "2":
		f.needsV2(t, i, "version=2")
	}
}
