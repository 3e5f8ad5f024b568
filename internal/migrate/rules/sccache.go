package rules

import (
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate/scan"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source"
)

// sccacheFlag finds scripts that build after sccache-action, which exports
// ACTIONS_CACHE_SERVICE_V2=on since v0.0.9. buildx does not read that as true.
// Actions are not affected, because the runner sets their variables.
func sccacheFlag(steps scan.Steps) (out []Finding) {
	exported := false
	for _, step := range steps {
		if step.Has("uses") {
			exported = exported || strings.HasPrefix(strings.ToLower(step.Value("uses")), "mozilla-actions/sccache-action@")
			continue
		}
		run := step.Text("run")
		at := source.FindGHA(run.Value)
		if !exported || at == nil || strings.Contains(run.Value, serviceFlag) || step.Has("env", serviceFlag) {
			continue
		}
		out = append(out, Finding{Rule: ServiceFlag, Certainty: Conditional, Text: strings.TrimSpace(run.Value[at[0]:at[1]]),
			Why:   "an earlier step, sccache-action, exports ACTIONS_CACHE_SERVICE_V2=on, which buildx does not read as true",
			NoFix: `set ACTIONS_CACHE_SERVICE_V2: "true" in the env of this step`}.at(run, at[0])...)
	}
	return out
}
