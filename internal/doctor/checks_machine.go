package doctor

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
	"github.com/docker-ghacache/docker-ghacache/internal/diagnose"
	"github.com/docker-ghacache/docker-ghacache/internal/release"
)

// docker is no error: started on its own, this program builds without the docker CLI.
func docker(f Facts) Check {
	if f.Docker.Err != nil {
		return failed(f.Docker.Err, "https://docs.docker.com/engine/install/").mild()
	}
	if f.Docker.Version == "" {
		return skip("not asked")
	}
	return fine("docker CLI %s", f.Docker.Version)
}

func buildx(f Facts) []Check {
	switch {
	case f.Buildx.Err != nil:
		return []Check{failed(f.Buildx.Err, "apt-get install docker-buildx-plugin", "https://docs.docker.com/go/buildx/")}
	case f.Buildx.Version == "":
		return []Check{skip("not asked")}
	}
	return noted(fine("buildx %s", f.Buildx.Version), f.Buildx.Notes)
}

func builder(f Facts) []Check {
	b := f.Builder
	switch {
	case b.Err != nil:
		return []Check{failed(b.Err, "docker buildx ls", release.CreateBuilder)}
	case b.Name == "":
		return []Check{skip("not asked")}
	}
	found := []string{b.Name + ": " + cmp.Or(b.Driver, "unknown driver")}
	for _, n := range b.Nodes {
		switch {
		case n.Engine != "": // which claims gha caches also without the image store that they take
			found = append(found, fmt.Sprintf("Engine %s with BuildKit %s", n.Engine, cmp.Or(n.BuildKit, "of unknown version")))
		case n.Running && n.GHA:
			found = append(found, "BuildKit "+cmp.Or(n.BuildKit, "of unknown version")+" with gha caches")
		case n.Running:
			found = append(found, "BuildKit "+cmp.Or(n.BuildKit, "of unknown version"))
		case n.Err == nil:
			found = append(found, fmt.Sprintf("node %s is not booted", n.Name))
		}
	}
	return noted(fine("%s", strings.Join(found, ", ")), b.Notes)
}

// noted is a check for each note, or the one that is fine where there is none.
func noted(c Check, notes []cacheopts.Note) []Check {
	if len(notes) == 0 {
		return []Check{c}
	}
	checks := make([]Check, len(notes))
	for i, n := range notes {
		if c = c.fail(diagnose.Evidence(n.Text), lines(n.Hint)...); n.Level != cacheopts.LevelError {
			c = c.mild()
		}
		checks[i], c.Detail = c, "" // said once
	}
	return checks
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
