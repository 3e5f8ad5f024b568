package rules

import (
	"fmt"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate/scan"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source"
)

// entryAttributes judges the attributes of a gha cache entry.
func entryAttributes(e scan.Entry) (out []Finding) {
	t := editable(e.Text)
	for _, a := range source.Attributes(t.Value) {
		out = append(out, attribute(t, a)...)
	}
	return out
}

// editable forbids edits of an entry that is on several lines of a folded scalar.
func editable(t source.Text) source.Text {
	if t.Broken() {
		return t.Refuse("the entry is on several lines")
	}
	return t
}

func attribute(t source.Text, a source.Attribute) (out []Finding) {
	if spaces := len(a.Key) - len(strings.TrimLeft(a.Key, " \t")); spaces > 0 {
		out = Finding{
			Rule: CacheSpace, Certainty: Certain, Text: t.Value,
			Why: fmt.Sprintf("buildx reads the key %q and ignores it", a.Key),
			Fix: "remove the space", Safe: true,
		}.replace(t, a.Start, a.Start+spaces, "").at(t, a.Start)
	}
	switch strings.TrimSpace(a.Key) {
	case "version":
		return append(out, cacheVersion(t, a.From, a.End)...)
	case "url_v2":
		return append(out, needsV2(t, a.Start, strings.TrimSpace(t.Value[a.Start:a.End]))...)
	}
	return out
}

// cacheVersion judges the version attribute. The edit sets 2 instead of removing
// the attribute, because that also works in a step without
// ACTIONS_CACHE_SERVICE_V2.
func cacheVersion(t source.Text, i, j int) []Finding {
	switch strings.TrimSpace(t.Value[i:j]) {
	case "1":
		return Finding{
			Rule: CacheVersion, Certainty: Certain, Text: "version=1",
			Why: "version 1 of the service was shut down", Fix: "version=2", Safe: true,
		}.replace(t, i, j, "2").at(t, i)
	case "2":
		return needsV2(t, i, "version=2")
	}
	return nil
}

// needsV2 reports attributes that are wrong if the service has version 1 only.
func needsV2(t source.Text, i int, shown string) []Finding {
	return Finding{
		Rule: V1Service, Certainty: Certain, Text: shown,
		Why:   "this service has no version 2: its ACTIONS_RESULTS_URL serves artifacts",
		NoFix: "remove it if the cache does not work",
	}.at(t, i)
}
