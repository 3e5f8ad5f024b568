package migrate

import (
	"fmt"
	"strings"

	"golang.org/x/mod/semver"
)

// bump moves an action of Docker's to its newest major. That alone changes no cache
// service: actions inherit the runner's variables, buildx and BuildKit decide.
func (f *file) bump(a action) {
	newest := f.tags.newest(a.repo, "")
	docker := strings.HasPrefix(a.repo, "docker/") || strings.HasPrefix(a.repo, "crazy-max/")
	if !docker || newest == "" || a.version == "" || semver.Compare(semver.Major(a.version), semver.Major(newest)) >= 0 {
		return
	}
	fd := Finding{Rule: ruleMajor, Certainty: Advice, Why: "the newest major is " + semver.Major(newest), Safe: a.s.hosted}
	if !a.s.hosted {
		fd.Why += "; it needs a runner v2.327.1 or newer"
	}
	switch a.repo {
	case "docker/build-push-action":
		if semver.Major(a.version) == "v1" {
			fd.Text, fd.NoFix = a.t.value, "version 1 has other inputs: rewrite the step"
			f.report(a.t, a.at, fd)
			return
		}
	case "docker/setup-buildx-action":
		newest = f.setupBuildxTarget(a, &fd, newest)
	case "docker/bake-action":
		newest = f.bakeTarget(a, &fd, newest)
	}
	if newest != "" {
		f.move(a, newest, fd)
	}
}

// setupBuildxTarget renames what version 4 renames. Its install: has no
// replacement there, so a step with it stays on version 3.
func (f *file) setupBuildxTarget(a action, fd *Finding, newest string) string {
	if n := get(a.with, "install"); n != nil {
		f.report(a.s.doc.text(n), 0, Finding{Rule: ruleMajor, Certainty: Advice, Text: "install: " + n.Value,
			Why: "setup-buildx-action v4 has no install", NoFix: "call docker buildx build, or run docker buildx install in a step"})
		newest = f.tags.newest(a.repo, "v3")
		if semver.Major(a.version) == "v3" {
			return ""
		}
		return newest
	}
	for k := range pairs(a.with) {
		switch k.Value {
		case "config", "config-inline":
			t := a.s.doc.text(k)
			f.edit(fd, t, 0, len(t.value), "buildkitd-"+k.Value)
			fd.Why += fmt.Sprintf("; it calls %s buildkitd-%s", k.Value, k.Value)
		}
	}
	return newest
}

// bakeTarget keeps version 6 for a step with workdir:, which version 7 dropped.
// Since version 6 the Git context is the default source.
func (f *file) bakeTarget(a action, fd *Finding, newest string) string {
	if get(a.with, "workdir") != nil {
		fd.Why += "; a step with workdir stays on version 6"
		newest = f.tags.newest(a.repo, "v6")
	}
	if semver.Compare(a.version, "v6") < 0 && get(a.with, "source") == nil {
		fd.Why += "; since version 6 it builds from the Git context unless source is given"
		fd.Safe = false
	}
	if semver.Major(a.version) == semver.Major(newest) {
		return ""
	}
	return newest
}
