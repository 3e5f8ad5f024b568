package rules

import (
	"fmt"
	"strings"

	"golang.org/x/mod/semver"
)

// bump updates a Docker action to its newest major. That alone changes no cache
// service: actions inherit the runner's variables, and buildx and BuildKit decide.
func bump(r versioned) []Finding {
	newest := r.tags.Newest(r.Repo, "")
	docker := strings.HasPrefix(r.Repo, "docker/") || strings.HasPrefix(r.Repo, "crazy-max/")
	if !docker || newest == "" || r.version == "" || semver.Compare(semver.Major(r.version), semver.Major(newest)) >= 0 {
		return nil
	}
	fd := Finding{Rule: ActionMajor, Certainty: Advice, Why: "the newest major is " + semver.Major(newest), Safe: true}
	switch r.Repo {
	case "docker/build-push-action":
		if semver.Major(r.version) == "v1" {
			fd.Text = r.Uses.Value
			return fd.without("version 1 has other inputs: rewrite the step").at(r.Uses, r.At)
		}
	case "docker/setup-buildx-action":
		return bumpBuildx(r, fd, newest)
	case "docker/bake-action":
		return bumpBake(r, fd, newest)
	}
	return r.move(newest, r.changed(newest, fd))
}

// bumpBuildx renames the inputs that version 4 renamed. Version 4 has no
// replacement for install:, so a step with it stays on version 3.
func bumpBuildx(r versioned, fd Finding, newest string) []Finding {
	if r.With.Has("install") {
		stays := Finding{Rule: ActionMajor, Certainty: Advice, Text: "install: " + r.With.Value("install"),
			Why: "setup-buildx-action v4 has no install", NoFix: "call docker buildx build, or add a step that runs docker buildx install"}.
			at(r.With.Text("install"), 0)
		if semver.Major(r.version) == "v3" {
			return stays
		}
		return append(stays, r.move(r.tags.Newest(r.Repo, "v3"), r.changed("v3", fd))...)
	}
	for key := range r.With.Pairs() {
		switch key.Value {
		case "config", "config-inline":
			fd = fd.replace(key, 0, len(key.Value), "buildkitd-"+key.Value)
			fd.Why += fmt.Sprintf("; it renames %s to buildkitd-%s", key.Value, key.Value)
		}
	}
	return r.move(newest, r.changed(newest, fd))
}

// bumpBake keeps version 6 for a step with workdir:, which version 7 dropped.
func bumpBake(r versioned, fd Finding, newest string) []Finding {
	if r.With.Has("workdir") {
		fd.Why += "; a step with workdir stays on version 6"
		newest = r.tags.Newest(r.Repo, "v6")
	}
	if semver.Major(r.version) == semver.Major(newest) {
		return nil
	}
	return r.move(newest, r.changed(newest, fd))
}
