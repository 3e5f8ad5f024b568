package diagnose

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/release"
)

func docker(f Facts) Check {
	if f.Docker.Err != nil {
		return failed(f.Docker.Err, "https://docs.docker.com/engine/install/")
	}
	if f.Docker.Version == "" {
		return skip("not asked")
	}
	return fine("docker CLI %s", f.Docker.Version)
}

func buildx(f Facts) Check {
	if f.Buildx.Err != nil {
		return failed(f.Buildx.Err, "apt-get install docker-buildx-plugin", "https://docs.docker.com/go/buildx/")
	}
	if f.Buildx.Version == "" {
		return skip("not asked")
	}
	c := fine("buildx %s", f.Buildx.Version)
	if release.Before(f.Buildx.Version, release.Buildx) {
		return f.tooOldForV2(c, release.Buildx)
	}
	return c
}

func builder(f Facts) Check {
	if f.Builder.Err != nil {
		return failed(f.Builder.Err, "docker buildx ls", newBuilder)
	}
	if f.Builder.Name == "" {
		return skip("not asked")
	}
	c := fine("%s, %s", f.Builder.Name, count(len(f.Builder.Nodes), "node", "nodes"))
	if len(f.Builder.Nodes) > 1 {
		return c.warn("each node writes the same index of a scope, and the last one wins",
			"build each platform by itself, with a scope= of its own")
	}
	return c
}

func driver(f Facts) Check {
	if f.Builder.Driver == "" {
		return skip("no builder")
	}
	c := fine("%s", f.Builder.Driver)
	if f.Builder.Driver != "docker" {
		return c
	}
	for _, n := range f.Builder.Nodes {
		if !n.Running {
			return skip("its Engine does not answer")
		}
		c = fine("docker, Engine %s", n.Engine)
		switch {
		case release.Before(n.Engine, release.Engine):
			return c.fail("its BuildKit does not speak version 2 of the cache service, that of Engine "+release.Engine[1:]+" does", newBuilder)
		case !n.ContainerdStore:
			return c.fail("it has no gha cache without the containerd image store", newBuilder, "https://docs.docker.com/engine/storage/containerd/")
		}
	}
	return c.warn("it has gha caches, and a build uses them only with --gha-allow-docker-driver", "docker ghacache build --gha-allow-docker-driver …", newBuilder)
}

func buildKit(f Facts) Check {
	if len(f.Builder.Nodes) == 0 {
		return skip("no builder")
	}
	if err := firstError(f.Builder.Nodes, func(n Node) (string, error) { return "node " + n.Name, n.Err }); err != nil {
		return failed(err, "docker buildx inspect --bootstrap "+f.Builder.Name)
	}
	versions := make([]string, len(f.Builder.Nodes))
	for i, n := range f.Builder.Nodes {
		if !n.Running {
			return fine("node %s is not booted", n.Name).warn("its version is not known yet", "docker buildx inspect --bootstrap "+f.Builder.Name)
		}
		versions[i] = cmp.Or(n.BuildKit, "of unknown version")
	}
	before := func(needed string) bool {
		return slices.ContainsFunc(f.Builder.Nodes, func(n Node) bool { return release.Before(n.BuildKit, needed) })
	}
	c := fine("BuildKit %s", strings.Join(versions, ", "))
	switch {
	case before(release.BuildKit):
		return f.tooOldForV2(c, release.BuildKit)
	case before(release.Renewal):
		return c.warn("it does not renew the URLs of cached layers, which expire in builds of more than ten minutes; "+release.Renewal+" does",
			migrate+" --upgrade-builder "+f.Builder.Name)
	}
	return c
}

// tooOldForV2 is an error only where nothing but version 2 answers.
func (f Facts) tooOldForV2(c Check, needed string) Check {
	reason := "it does not speak version 2 of the cache service, which needs " + needed
	switch {
	case f.Runtime.HasV1 && !f.Runtime.HasV2:
		return c
	case f.Runtime.Version == 2:
		return c.fail(reason, migrate)
	}
	return c.warn(reason, migrate)
}

func capability(f Facts) Check {
	asked := false
	for _, n := range f.Builder.Nodes {
		if n.GHA == nil {
			continue
		}
		if asked = true; !*n.GHA {
			return fine("node %s", n.Name).fail("its BuildKit has no gha cache, and buildx drops the entry without a word", newBuilder)
		}
		if f.Builder.Driver == "docker" && !n.ContainerdStore {
			return skip("an Engine claims it also where it lacks the containerd image store")
		}
	}
	if !asked {
		return skip("no node told what it can do")
	}
	return fine("cache.gha")
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
