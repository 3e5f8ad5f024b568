package rules

import (
	"slices"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate/scan"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source"
)

const urlWhy = "a step with ACTIONS_CACHE_SERVICE_V2 and ACTIONS_RESULTS_URL uses version 2, which ignores it; " +
	"a step with ACTIONS_CACHE_URL alone stays on version 1"

// entryURL judges url= and token=. Without them, buildx uses its variables. That is
// right in an action, and in a step to which all of them are exported, so the edit
// is not safe.
func entryURL(e scan.Entry) []Finding {
	t := editable(e.Text)
	all := source.Attributes(t.Value)
	url := slices.IndexFunc(all, func(a source.Attribute) bool { return a.Key == "url" })
	if url < 0 {
		return nil
	}
	fd := Finding{Rule: CacheURL, Certainty: Conditional, Why: urlWhy, Text: t.Value[all[url].Start:all[url].End],
		Fix: "remove url= and token=, and export all variables of the runtime, as crazy-max/ghaction-github-runtime does"}
	for i, a := range all {
		value := t.Value[a.From:a.End]
		switch {
		case a.Key != "url" && a.Key != "token":
		case !strings.Contains(value, cacheURL) && !strings.Contains(value, "ACTIONS_RUNTIME_TOKEN"):
			fd = fd.without("it is not the URL of the runner")
		case i == 0 || a.Quoted:
			fd = fd.without("the order of its attributes is unusual")
		default:
			fd = fd.replace(t, a.Start-1, a.End, "")
		}
	}
	return fd.at(t, all[url].Start)
}
