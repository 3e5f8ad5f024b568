package migrate

import (
	"fmt"
	"slices"
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
	all := attributes(e.value)
	for _, a := range all {
		f.attribute(e, a)
	}
	f.address(e, all)
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
	}
}

const urlWhy = "version 2 ignores it if ACTIONS_CACHE_SERVICE_V2 and ACTIONS_RESULTS_URL are visible, " +
	"and a step that sees ACTIONS_CACHE_URL only stays on version 1"

// address judges url= and the token= beside it. Taken out, buildx fills them in
// from the variables it sees: right in an action, and in a step to which all of
// them are exported, so it is not a safe edit.
func (f *file) address(e text, all []attr) {
	fd := Finding{Rule: ruleURL, Certainty: Conditional, Why: urlWhy,
		Fix: "take url= and token= out, and export all of the runtime's variables, as crazy-max/ghaction-github-runtime does"}
	url := slices.IndexFunc(all, func(a attr) bool { return a.key == "url" })
	if url < 0 {
		return
	}
	fd.Text = e.value[all[url].start:all[url].end]
	for i, a := range all {
		value := e.value[a.from:a.end]
		switch {
		case a.key != "url" && a.key != "token":
		case !strings.Contains(value, cacheURL) && !strings.Contains(value, "ACTIONS_RUNTIME_TOKEN"):
			fd.NoFix, fd.Edits = "it is not the runner's", nil
		case i == 0 || a.quoted:
			fd.NoFix, fd.Edits = "it is not written in the common order", nil
		default:
			f.edit(&fd, e, a.start-1, a.end, "")
		}
	}
	f.report(e, all[url].start, fd)
}

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
