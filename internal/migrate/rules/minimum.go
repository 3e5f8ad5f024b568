package rules

import (
	"golang.org/x/mod/semver"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate/tags"
)

// minimum judges actions that use the cache service themselves.
func minimum(r versioned) []Finding {
	var target string
	rule, why := ActionsCache, ""
	switch {
	case r.version == "":
		return nil
	case r.Repo == "actions/cache":
		why = "actions/cache supports version 2 of the cache service since v4.2.0 and v3.4.0"
		target = cacheTarget(r.tags, r.version)
	case r.Repo == "mozilla-actions/sccache-action" && old(r.version, minimumOf(r.Repo)):
		rule, why = SccacheVersion, "sccache-action installs an sccache with version 2 of the cache service since v0.0.9"
		target = r.tags.Newest(r.Repo, "v0")
	}
	if target == "" {
		return nil
	}
	return r.move(target, Finding{Rule: rule, Certainty: Certain, Why: why, Safe: true})
}

// cacheTarget is the version of actions/cache to move to, or "" if version is new
// enough. It stays on the major if possible, because v5 needs a newer runner.
func cacheTarget(t tags.Table, version string) string {
	switch major := semver.Major(version); {
	case semver.Compare(version, "v3") < 0, major == "v4" && semver.Compare(version, "v4.2.0") < 0:
		return t.Newest("actions/cache", "v4")
	case major == "v3" && semver.Compare(version, "v3.4.0") < 0:
		return t.Newest("actions/cache", "v3")
	}
	return ""
}
