package rules_test

import (
	"strings"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate/rules"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source"
)

func TestTheLeastVersionThatWorks(t *testing.T) {
	ids := []string{rules.BuildxVersion, rules.BuildKitImage, rules.ComposeVersion, rules.EngineVersion, rules.ActionsCache, rules.SccacheVersion}
	with := func(uses, comment string) string {
		name, input, _ := strings.Cut(uses, " ")
		return job("      - uses: " + name + "\n        with:\n          " + input + comment + "\n")
	}
	run(t, ids, rules.Options{Minimum: true}, []example{
		{"Buildx", source.Workflow, with("docker/setup-buildx-action@v3 version: v0.12.0", ""), []string{`8 certain v0.12.0: "v0.12.0" to "v0.21.0"`}},
		{"Compose", source.Workflow, with("docker/setup-compose-action@v1 version: v2.30.0", ""), []string{`8 certain v2.30.0: "v2.30.0" to "v2.33.1"`}},
		{"BuildKit", source.Shell, "docker buildx create --driver-opt image=moby/buildkit:v0.12.0\n", []string{`1 certain moby/buildkit:v0.12.0: "v0.12.0" to "v0.20.0"`}},
		{"BuildKit that works", source.Shell, "docker buildx create --driver-opt image=moby/buildkit:v0.20.0\n", []string{`1 advice moby/buildkit:v0.20.0: use v0.23.2 or newer`}},
		{"actions/cache", source.Workflow, job("      - uses: actions/cache@v3.0.11\n"), []string{`6 certain actions/cache@v3.0.11: "v3.0.11" to "v3.4.0"`}},
		{"a commit of actions/cache", source.Workflow, job("      - uses: actions/cache@2cdf405574d6ef1f33a1d12acccd3ae82f47b3f2 # v4.1.0\n"), []string{
			`6 certain actions/cache@2cdf405574d6ef1f33a1d12acccd3ae82f47b3f2: "2cdf405574d6ef1f33a1d12acccd3ae82f47b3f2" to "1bd1e32a3bdc45362d1e726936510720a7c30a57", "v4.1.0" to "v4.2.0"`,
		}},
		{"sccache-action", source.Workflow, job("      - uses: mozilla-actions/sccache-action@v0.0.5\n"), []string{`6 certain mozilla-actions/sccache-action@v0.0.5: "v0.0.5" to "v0.0.9"`}},
	})
	run(t, ids, rules.Options{}, []example{
		{"the newest without a reason", source.Workflow, with("docker/setup-buildx-action@v3 version: v0.12.0", ""), []string{`8 certain v0.12.0: "v0.12.0" to "v{buildx}"`}},
		{"the least with one, to be looked at", source.Workflow, with("docker/setup-buildx-action@v3 version: v0.12.0", " # newer breaks our mirror"), []string{`8 certain v0.12.0: "v0.12.0" to "v0.21.0"?`}},
		{"Compose by the same rule", source.Workflow, with("docker/setup-compose-action@v1 version: v2.30.0", " # a bug in 2.31"), []string{`8 certain v2.30.0: "v2.30.0" to "v2.33.1"?`}},
		{"actions by the same rule", source.Workflow, job("      - uses: actions/cache@v4.0.0 # later versions fail\n"), []string{`6 certain actions/cache@v4.0.0: "v4.0.0" to "v4.2.0"?`}},
	})
}

func TestSuffixesOfTags(t *testing.T) {
	run(t, []string{rules.BuildKitImage, rules.EngineVersion, rules.BuildxVersion}, rules.Options{}, []example{
		{"a suffix that newer tags have", source.Shell, "x --driver-opt image=moby/buildkit:v0.12.0-rootless\n", []string{`1 certain moby/buildkit:v0.12.0-rootless: "v0.12.0" to "v{buildkit}"`}},
		{"a suffix that nobody knows", source.Shell, "x --driver-opt image=moby/buildkit:v0.12.0-ubuntu\n", []string{`1 certain moby/buildkit:v0.12.0-ubuntu: "v0.12.0" to "v{buildkit}"?`}},
		{"the base of an Engine", source.Shell, "docker run docker:20.10.17-dind-alpine3.16\n", []string{`1 certain docker:20.10.17-dind-alpine3.16: "20.10.17" to "{engine}"?`}},
		{"docker's client is no Engine", source.Shell, "docker run docker:26.1.3-cli version\n", nil},
		{"docker's client of a version that is not known", source.Shell, "docker run docker:${V}-cli version\n", nil},
	})
}

func TestMajorsSayWhatChanges(t *testing.T) {
	step := func(uses, with string) string {
		return "      - uses: " + uses + "\n        with: { context: ., " + with + " }\n"
	}
	unknown := func(steps string) string { return jobOn("${{ vars.RUNNER }}", steps) }
	run(t, []string{rules.ActionMajor}, rules.Options{Bump: true}, []example{
		{"provenance comes with version 4", source.Workflow, job(step("docker/build-push-action@v3", "push: true")), []string{`6 advice docker/build-push-action@v3: "v3" to "v7"?`}},
		{"unless the step says", source.Workflow, job(step("docker/build-push-action@v3", "provenance: false")), []string{`6 advice docker/build-push-action@v3: "v3" to "v7"`}},
		{"from version 5 on nothing does", source.Workflow, job(step("docker/build-push-action@v5", "push: true")), []string{`6 advice docker/build-push-action@v5: "v5" to "v7"`}},
		{"a runner that nothing tells", source.Workflow, unknown(step("docker/build-push-action@v5", "push: true")), []string{`6 advice docker/build-push-action@v5: "v5" to "v7"?`}},
	})
	run(t, []string{rules.ActionsCache}, rules.Options{}, []example{
		{"another major on a runner that nothing tells", source.Workflow, unknown("      - uses: actions/cache@v2\n"), []string{`6 certain actions/cache@v2: "v2" to "v4"?`}},
		{"the same major there", source.Workflow, unknown("      - uses: actions/cache@v4.1.0\n"), []string{`6 certain actions/cache@v4.1.0: "v4.1.0" to "v4.3.0"`}},
		{"an action, which runs anywhere", source.Action, "runs:\n  using: composite\n  steps:\n    - uses: actions/cache@v2\n", []string{`4 certain actions/cache@v2: "v2" to "v4"?`}},
	})
}
