package rules

import (
	"golang.org/x/mod/semver"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate/tags"
)

// minimum judges actions that use the cache service themselves.
func minimum(r versioned) []Finding {
	var target, least string
	rule, why := ActionsCache, ""
	switch {
	case r.version == "":
		return nil
	case r.Repo == "actions/cache":
		why = "actions/cache supports version 2 of the cache service since v4.2.0 and v3.4.0"
		target, least = cacheTarget(r.tags, r.version)
	case r.Repo == "mozilla-actions/sccache-action" && old(r.version, minimumOf(r.Repo)):
		rule, why = SccacheVersion, "sccache-action installs an sccache with version 2 of the cache service since v0.0.9"
		target, least = r.tags.Newest(r.Repo, "v0"), minimumOf(r.Repo)
	}
	if target == "" {
		return nil
	}
	fd := Finding{Rule: rule, Certainty: Certain, Why: why, Safe: true}
	out := r.move(target, fd)
	out[0].least = &r.move(least, fd)[0]
	return out
}

// cacheTarget is the newest actions/cache to move to, and the least that works, ""
// if version is new enough. The major stays where it can; v5 needs a newer runner.
func cacheTarget(t tags.Table, version string) (target, least string) {
	switch major := semver.Major(version); {
	case semver.Compare(version, "v3") < 0, major == "v4" && semver.Compare(version, "v4.2.0") < 0:
		return t.Newest("actions/cache", "v4"), "v4.2.0"
	case major == "v3" && semver.Compare(version, "v3.4.0") < 0:
		return t.Newest("actions/cache", "v3"), "v3.4.0"
	}
	return "", ""
}
