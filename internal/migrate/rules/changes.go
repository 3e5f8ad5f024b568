package rules

import "golang.org/x/mod/semver"

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
