package rules

import (
	"path"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate/scan"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source"
)

// installedBuildx advises setup-buildx-action to set a version on a self-hosted
// runner, because without version: the action uses the buildx that the runner has.
func installedBuildx(a scan.Action) []Finding {
	if !strings.HasPrefix(a.Repo, "docker/") || !strings.HasPrefix(path.Base(a.Repo), "setup-buildx") || a.Runner != scan.Own || a.With.Has("version") {
		return nil
	}
	fd := Finding{Rule: RunnerBuildx, Certainty: Advice, Text: a.Uses.Value, Pin: true,
		Why: "without version:, the action uses the buildx that is installed on this self-hosted runner",
		Fix: "add version: latest"}
	edit, ok := a.AddInput("version: latest")
	if !ok {
		return fd.without("the step is not in block style").at(a.Uses, 0)
	}
	fd.Edits = []source.Edit{edit}
	return fd.at(a.Uses, 0)
}
