package e2e

import (
	"maps"
	"slices"
	"strings"
)

// other does what another action does, as far as a job of the documentation needs it. Its environment has the credentials of the
// cache, as that of every JavaScript action.
func (r *runner) other(name string, env, with map[string]string) string {
	switch name {
	case "actions/checkout", "actions/setup-go", "actions/cache", "docker/login-action":
		return "" // the workspace, Go, the folder and the registry are there
	case "crazy-max/ghaction-github-runtime":
		maps.Copy(r.u.env, r.credentials)
		return ""
	case "docker/setup-buildx-action":
		return r.setupBuildx(env, with)
	case "docker/build-push-action":
		return r.exec(env, r.u.docker, buildPush(with)...)
	case "docker/bake-action":
		return r.exec(env, r.u.docker, bake(with)...)
	}
	r.t.Fatalf("no runner for %q", name)
	return ""
}

// setupBuildx creates a builder for this job. It is on the host's network, where the service of the test is.
func (r *runner) setupBuildx(env, with map[string]string) string {
	const name = "builder-of-the-job"
	args := []string{"buildx", "create", "--name", name, "--driver", "docker-container", "--bootstrap", "--use", "--driver-opt", "network=host"}
	for option := range strings.Lines(with["driver-opts"]) {
		args = append(args, "--driver-opt", strings.TrimSpace(option))
	}
	r.posts = append(r.posts, func() string { return r.exec(env, r.u.docker, "buildx", "rm", name) })
	return r.exec(env, r.u.docker, args...)
}

// buildPush is what docker/build-push-action runs for these inputs.
func buildPush(with map[string]string) []string {
	args := []string{"buildx", "build"}
	for name, option := range map[string]string{"cache-from": "--cache-from", "cache-to": "--cache-to", "tags": "--tag", "target": "--target", "file": "--file"} {
		for value := range strings.Lines(with[name]) {
			args = append(args, option, strings.TrimSpace(value))
		}
	}
	if with["push"] == "true" {
		args = append(args, "--push")
	}
	return append(args, ".")
}

// bake is what docker/bake-action runs for these inputs.
func bake(with map[string]string) []string {
	args := []string{"buildx", "bake"}
	for name, option := range map[string]string{"files": "--file", "set": "--set"} {
		for value := range strings.Lines(with[name]) {
			args = append(args, option, strings.TrimSpace(value))
		}
	}
	if with["push"] == "true" {
		args = append(args, "--push")
	}
	return slices.Concat(args, strings.Fields(with["targets"]))
}
