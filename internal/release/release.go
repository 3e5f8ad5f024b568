package release

import (
	"strings"

	"golang.org/x/mod/semver"
)

// The first releases that speak version 2, by the tags of the projects. That of
// the Engine is the first with such a BuildKit built in, that of Compose the first
// with such a buildx.
const (
	Buildx   = "v0.21.0"
	BuildKit = "v0.20.0"
	Engine   = "v28.0.0"
	Compose  = "v2.33.1"
)

// LastCompose2 is the last release of Compose 2, which later majors do not replace
// without a look.
const LastCompose2 = "v2.40.3"

// CreateBuilder creates a builder whose driver can export a gha cache, and makes it
// the current one.
const CreateBuilder = "docker buildx create --driver docker-container --use"

// Renewal is the first BuildKit that renews the URLs of cached layers, which
// expire in long builds (https://github.com/moby/buildkit/pull/6053).
const Renewal = "v0.23.2"

// Before says that version, with or without its v, is known to be older than the
// release. Builds from source (v0.0.0+unknown, a commit) are not; release
// candidates are, as buildx 0.21.0-rc1 and rc2 cannot export to version 2; what
// comes after a release (v0.21.0-desktop.1, v0.21.0-3-gabcdef) is not.
func Before(version, release string) bool {
	v := "v" + strings.TrimPrefix(version, "v")
	if !semver.IsValid(v) || semver.MajorMinor(v) == "v0.0" {
		return false
	}
	base := strings.TrimSuffix(v, semver.Build(v))
	base = strings.TrimSuffix(base, semver.Prerelease(v))
	if c := semver.Compare(base, release); c != 0 {
		return c < 0
	}
	return isCandidate(semver.Prerelease(v))
}

func isCandidate(prerelease string) bool {
	for _, word := range []string{"-rc", "-beta", "-alpha"} {
		if strings.HasPrefix(prerelease, word) {
			return true
		}
	}
	return false
}
