package rules

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate/tags"
)

// pinnedCommit compares a commit with the comment next to it, and reports a commit
// whose version matters but is unknown. With bump, every version matters.
func pinnedCommit(r versioned, bump bool) []Finding {
	if !r.tags.Knows(r.Repo) {
		return fork(r)
	}
	if !tags.IsCommit(r.Ref) {
		return nil
	}
	said := commentRE().FindString(r.Comment.Value)
	switch {
	case r.version == "":
		return unknownCommit(r, said, bump)
	case said != "" && !strings.HasPrefix(r.version+".", canonical(said)+"."):
		return Finding{Rule: ActionPin, Certainty: Advice, Text: r.Comment.Value,
			Why: fmt.Sprintf("the commit is %s, not %s", r.version, said), NoFix: "correct the comment or the commit"}.at(r.Uses, r.At)
	}
	return nil
}

// unknownCommit reports a commit that is not a known release. It matters for
// actions that use the service themselves. Any version of the others works.
func unknownCommit(r versioned, said string, bump bool) []Finding {
	minimum := minimumOf(r.Repo)
	if minimum == "" && !bump {
		return nil
	}
	fd := Finding{Rule: ActionPin, Certainty: Conditional, Text: r.Uses.Value,
		Why: cmp.Or(r.unknown, "this commit is no known release of "+r.Repo), NoFix: "check that it is new enough"}
	if minimum == "" || said != "" && !old(said, minimum) {
		fd.Certainty = Advice
	}
	return fd.at(r.Uses, r.At)
}

// fork reports a fork of an action that installs a builder, if the step does not
// set the version to install.
func fork(r versioned) []Finding {
	if c, _ := installs(r.Action); c.rule == "" || c.rule == SccacheVersion {
		return forkedCache(r)
	}
	if r.With.Has("version") || r.With.Has("buildx-version") {
		return nil
	}
	return Finding{Rule: ActionPin, Certainty: Advice, Text: r.Uses.Value, Pin: true,
		Why: "it is a fork, and the file does not show which version it installs", NoFix: "check that it installs a version that is new enough"}.at(r.Uses, 0)
}

// forkedCache reports a fork of actions/cache at a commit that it has from there.
func forkedCache(r versioned) []Finding {
	if !tags.IsCommit(r.Ref) || r.tags.Owner(r.Ref) != "actions/cache" {
		return nil
	}
	target, _ := cacheTarget(r.tags, r.version)
	if target == "" {
		return nil
	}
	return Finding{Rule: ActionsCache, Certainty: Certain, Text: r.Uses.Value,
		Why:   "its commit is actions/cache " + r.version + ", and that speaks version 2 of the cache service since v4.2.0 and v3.4.0",
		NoFix: "take the changes of " + target + " into the fork, or use actions/cache"}.at(r.Uses, r.At)
}
