package migrate

import (
	"cmp"
	"fmt"
	"path"
	"strings"

	"golang.org/x/mod/semver"
)

// minimum judges actions that speak to the cache service themselves, and says
// whether it had something to report.
func (f *file) minimum(a action) bool {
	var target string
	rule, why := ruleCache, ""
	switch {
	case a.version == "":
		return false
	case a.repo == "actions/cache":
		why = "actions/cache speaks version 2 of the cache service since v4.2.0 and v3.4.0"
		target = cacheTarget(f.tags, a.version)
	case a.repo == "mozilla-actions/sccache-action" && old(a.version, minimumOf(a.repo)):
		rule, why = ruleSccache, "sccache-action installs an sccache with version 2 of the cache service since v0.0.9"
		target = f.tags.newest(a.repo, "v0")
	}
	if target == "" {
		return false
	}
	f.move(a, target, Finding{Rule: rule, Certainty: Certain, Why: why, Safe: true})
	return true
}

// cacheTarget is the actions/cache to move to, "" if version is new enough.
// The major stays where it can; v5 needs a newer runner.
func cacheTarget(t tags, version string) string {
	switch major := semver.Major(version); {
	case semver.Compare(version, "v3") < 0, major == "v4" && semver.Compare(version, "v4.2.0") < 0:
		return t.newest("actions/cache", "v4")
	case major == "v3" && semver.Compare(version, "v3.4.0") < 0:
		return t.newest("actions/cache", "v3")
	}
	return ""
}

// move reports an action that is fixed by another version of it. The pin keeps
// its kind: a commit stays a commit, and the comment beside it follows.
func (f *file) move(a action, target string, fd Finding) {
	fd.Text = a.t.value
	ref := target
	if !strings.Contains(a.ref, ".") {
		ref = semver.Major(target)
	}
	fd.Fix = "use " + ref
	if commitRE.MatchString(a.ref) {
		ref = f.tags.commits[a.repo][target]
		fd.Fix = fmt.Sprintf("use %s, the commit of %s (this is %s)", ref, target, a.version)
	}
	f.edit(&fd, a.t, a.at, len(a.t.value), ref)
	if at := commentRE.FindStringIndex(a.comment.value); at != nil && fd.NoFix == "" {
		f.edit(&fd, a.comment, at[0], at[1], short(a.comment.value[at[0]:at[1]], target))
	}
	f.report(a.t, a.at, fd)
}

// pinned holds a commit against the comment beside it, and reports those whose
// version matters and is not known.
func (f *file) pinned(a action) {
	if f.tags.commits[a.repo] == nil {
		f.fork(a)
		return
	}
	if !commitRE.MatchString(a.ref) {
		return
	}
	said := commentRE.FindString(a.comment.value)
	switch {
	case a.version == "":
		f.unknownCommit(a, said)
	case said != "" && !strings.HasPrefix(a.version+".", canonical(said)+"."):
		f.report(a.t, a.at, Finding{Rule: rulePin, Certainty: Advice, Text: a.comment.value,
			Why: fmt.Sprintf("the commit is %s, not %s", a.version, said), NoFix: "correct the comment or the commit"})
	}
}

// unknownCommit reports a commit that is no known release. It matters for the
// actions that speak to the service themselves: any version of the others will do.
func (f *file) unknownCommit(a action, said string) {
	fd := Finding{Rule: rulePin, Certainty: Conditional, Text: a.t.value,
		Why: cmp.Or(a.unknown, "no release of "+a.repo+" is known to have this commit"), NoFix: "see that it is new enough"}
	switch {
	case minimumOf(a.repo) == "" && !f.opts.BumpActions:
		return
	case minimumOf(a.repo) == "" || said != "" && !old(said, minimumOf(a.repo)):
		fd.Certainty = Advice
	}
	f.report(a.t, a.at, fd)
}

// minimumOf is the first version of an action that speaks version 2 itself, ""
// for an action that leaves that to a builder.
func minimumOf(repo string) string {
	return map[string]string{"actions/cache": "v4.2.0", "mozilla-actions/sccache-action": "v0.0.9"}[repo]
}

// fork reports a fork of an action that installs a builder, if the step does
// not say which version to install.
func (f *file) fork(a action) {
	switch path.Base(a.repo) {
	case "setup-buildx-action", "setup-docker-action", "setup-compose-action", "ghaction-docker-buildx":
	default:
		return
	}
	if get(a.with, "version") == nil && get(a.with, "buildx-version") == nil {
		f.report(a.t, 0, Finding{Rule: rulePin, Certainty: Advice, Text: a.t.value, pin: true,
			Why: "it is a fork: what it installs cannot be told from here", NoFix: "see that it installs what is new enough"})
	}
}
