package rules

import (
	"path"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate/scan"
)

// cacheDance judges the inputs of buildkit-cache-dance.
func cacheDance(a scan.Action) []Finding {
	if path.Base(a.Repo) != "buildkit-cache-dance" || !a.With.Has("cache-source") {
		return nil
	}
	return Finding{Rule: CacheDance, Certainty: Advice, Text: "cache-source: " + a.With.Value("cache-source"),
		Why: "since v3, buildkit-cache-dance uses cache-map instead", NoFix: `write cache-map: {"SOURCE": "TARGET"}`}.
		at(a.With.Text("cache-source"), 0)
}
