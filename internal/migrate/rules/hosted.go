package rules

import (
	"path"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate/scan"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source"
)

// installedBuildx advises a version for setup-buildx-action where the runner brings
// a buildx of its own: without version: the action uses that.
func installedBuildx(a scan.Action) []Finding {
	if !strings.HasPrefix(a.Repo, "docker/") || !strings.HasPrefix(path.Base(a.Repo), "setup-buildx") || a.Runner != scan.Own || a.With.Has("version") {
		return nil
	}
	fd := Finding{Rule: RunnerBuildx, Certainty: Advice, Text: a.Uses.Value, Pin: true,
		Why: "the runner is not GitHub's, and without version: the action uses the buildx that is installed there",
		Fix: "add version: latest"}
	edit, ok := a.AddInput("version: latest")
	if !ok {
		return fd.without("the step is not written as a block").at(a.Uses, 0)
	}
	fd.Edits = []source.Edit{edit}
	return fd.at(a.Uses, 0)
}
