package builders

import (
	"strings"

	"golang.org/x/mod/semver"
)

// The first releases that speak cache service v2, and the first Engine with such a BuildKit built in.
const (
	minBuildx   = "v0.21.0"
	minBuildKit = "v0.20.0"
	minEngine   = "v28.0.0"
)

// before says that version is known to be older than the release. Builds from
// source (v0.0.0+unknown, a commit) are not; release candidates are, as buildx
// 0.21.0-rc1 and rc2 cannot export to v2; what comes after a release
// (v0.21.0-desktop.1, v0.21.0-3-gabcdef) is not.
func before(version, release string) bool {
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
