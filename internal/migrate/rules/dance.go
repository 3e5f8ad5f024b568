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
		Why: "buildkit-cache-dance takes cache-map since v3", NoFix: `write cache-map: {"SOURCE": "TARGET"}`}.
		at(a.With.Text("cache-source"), 0)
}
