package rules

import (
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source"
)

// containerAction judges a Docker container action, or a step that runs an image,
// in a file with a gha cache.
func containerAction(t source.Text) []Finding {
	return Finding{Rule: ContainerAction, Certainty: Conditional, Text: t.Value,
		Why:   "Docker container actions do not get ACTIONS_CACHE_SERVICE_V2 from the runner",
		NoFix: "set ACTIONS_CACHE_SERVICE_V2: \"true\" in the step's env, or version=2 in the cache entry"}.at(t, 0)
}
