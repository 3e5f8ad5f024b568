package rules

import (
	"strings"

	"golang.org/x/mod/semver"

	"github.com/docker-ghacache/docker-ghacache/internal/lazyregexp"
	"github.com/docker-ghacache/docker-ghacache/internal/release"
)

// component is a program that speaks version 2 of the service from version min
// on. A fix moves to version to, the newest of a kind that `make refresh` has seen.
type component struct{ rule, name, min, to string }

// Minimum versions are those of https://docs.docker.com/build/ci/github-actions/cache/
// and of the projects' tags. Compose stays on its major.
func buildx() component {
	return component{BuildxVersion, "Docker Buildx", release.Buildx, release.NewestBuildx}
}
func buildkit() component {
	return component{BuildKitImage, "BuildKit", release.BuildKit, release.NewestBuildKit}
}
func engine() component {
	return component{EngineVersion, "Docker Engine", release.Engine, release.NewestEngine}
}
func compose() component {
	return component{ComposeVersion, "Docker Compose", release.Compose, release.LastCompose2}
}
func runner() component {
	return component{RunnerVersion, "the Actions runner", "v2.320.1", release.NewestRunner}
}
func sccache() component {
	return component{SccacheVersion, "sccache", "v0.10.0", release.NewestSccache}
}

// since is the first version that counts, without its pre-release.
func (c component) since() string {
	first, _, _ := strings.Cut(c.min, "-")
	return first
}

// old reports whether version, with or without its v and with 1 to 3 numbers, is
// before since.
func old(version, since string) bool {
	v := canonical(version)
	return semver.IsValid(v) && semver.Compare(v, since) < 0
}

// canonical adds a v to a version, and removes leading zeros from its numbers, as
// in Docker 19.03.
func canonical(version string) string {
	numbers := strings.Split(strings.TrimPrefix(version, "v"), ".")
	for i, n := range numbers {
		for len(n) > 1 && n[0] == '0' && '0' <= n[1] && n[1] <= '9' {
			n = n[1:]
		}
		numbers[i] = n
	}
	return "v" + strings.Join(numbers, ".")
}

// like writes version the way sample is written, with or without its v.
func like(sample, version string) string {
	if strings.HasPrefix(sample, "v") {
		return version
	}
	return strings.TrimPrefix(version, "v")
}

// short is like, and has as many numbers as sample.
func short(sample, version string) string {
	core, _, _ := strings.Cut(sample, "-")
	parts := strings.Split(like(sample, version), ".")
	return strings.Join(parts[:min(len(parts), strings.Count(core, ".")+1)], ".")
}

// versionRE matches a version and its pre-release, but no variant (-rootless).
var versionRE = lazyregexp.New(`^v?[0-9]+(?:\.[0-9]+){0,2}(?:-(?:rc|beta|alpha|tp)[.-]?[0-9]*)?`)

// leading is the version that s starts with, or "".
func leading(s string) string {
	version := versionRE().FindString(s)
	if rest := s[len(version):]; rest != "" && !strings.ContainsAny(rest[:1], "-+@/ \t") {
		return ""
	}
	return version
}
