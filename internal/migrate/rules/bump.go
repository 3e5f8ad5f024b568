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

// change is what a major of an action does differently.
type change struct {
	repo, major string
	what        string
	unless      string // an input by which a step keeps what it had; "": none
	review      bool   // the outcome of a build differs
}

// changes are those of the release notes, without the version of Node.js and the
// inputs that steps are asked about (config, install, workdir).
func changes() []change {
	return []change{
		{"docker/build-push-action", "v4", "v4 attaches provenance, so that what it pushes is an index of images, unless provenance is given", "provenance", true},
		{"docker/build-push-action", "v6", "v6 uploads a record of the build and writes a summary", "", false},
		{"docker/build-push-action", "v7", "v7 ignores DOCKER_BUILD_NO_SUMMARY and DOCKER_BUILD_EXPORT_RETENTION_DAYS", "", false},
		{"docker/bake-action", "v3", "v3 attaches provenance, so that what it pushes is an index of images, unless provenance is given", "provenance", true},
		{"docker/bake-action", "v5", "v5 uploads a record of the build and writes a summary", "", false},
		{"docker/bake-action", "v6", "v6 builds from the Git context unless source is given", "source", true},
		{"docker/bake-action", "v7", "v7 ignores DOCKER_BUILD_NO_SUMMARY and DOCKER_BUILD_EXPORT_RETENTION_DAYS", "", false},
	}
}

// changed says what changes between the version of a step and another major.
func (r versioned) changed(to string, fd Finding) Finding {
	for _, c := range changes() {
		passed := semver.Compare(semver.Major(r.version), c.major) < 0 && semver.Compare(c.major, semver.Major(to)) <= 0
		if c.repo != r.Repo || !passed || c.unless != "" && r.With.Has(c.unless) {
			continue
		}
		fd.Why += "; " + c.what
		fd.Safe = fd.Safe && !c.review
	}
	return fd
}
