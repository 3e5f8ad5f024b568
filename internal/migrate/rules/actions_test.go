package rules_test

import (
	"errors"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate/rules"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source"
)

func TestActionsThatSpeakToTheService(t *testing.T) {
	uses := func(what string) string { return job("      - uses: " + what + "\n") }
	run(t, []string{rules.ActionsCache, rules.SccacheVersion}, rules.Options{}, []example{
		{"a moving tag", source.Workflow, uses("actions/cache@v2"), []string{
			`6 certain actions/cache@v2: "v2" to "v4"`,
		}},
		{"an exact tag keeps its major", source.Workflow, uses("actions/cache@v3.2.0"), []string{
			`6 certain actions/cache@v3.2.0: "v3.2.0" to "v3.5.0"`,
		}},
		{"a moving tag that moved on", source.Workflow, uses("actions/cache@v4"), nil},
		{"a part of the action", source.Workflow, uses("actions/cache/restore@v4.1.0"), []string{
			`6 certain actions/cache/restore@v4.1.0: "v4.1.0" to "v4.3.0"`,
		}},
		{"a commit stays a commit, and its comment follows", source.Workflow, uses("actions/cache@2cdf405574d6ef1f33a1d12acccd3ae82f47b3f2 # v4.1.0"), []string{
			`6 certain actions/cache@2cdf405574d6ef1f33a1d12acccd3ae82f47b3f2: "2cdf405574d6ef1f33a1d12acccd3ae82f47b3f2" to "0057852bfaa89a56745cba8c7296529d2fc39830", "v4.1.0" to "v4.3.0"`,
		}},
		{"sccache-action", source.Workflow, uses("mozilla-actions/sccache-action@v0.0.5"), []string{
			`6 certain mozilla-actions/sccache-action@v0.0.5: "v0.0.5" to "v0.0.11"`,
		}},
		{"another action", source.Workflow, uses("actions/checkout@v1"), nil},
	})
}

func TestCommitsOfActions(t *testing.T) {
	const unknown = "0123456789012345678901234567890123456789"
	uses := func(what string) string { return job("      - uses: " + what + "\n") }
	examples := []example{
		{"a comment that says another version", source.Workflow, uses("actions/cache@2cdf405574d6ef1f33a1d12acccd3ae82f47b3f2 # v4.2.0"), []string{
			`6 advice # v4.2.0: correct the comment or the commit`,
		}},
		{"a comment that says less", source.Workflow, uses("actions/cache@2cdf405574d6ef1f33a1d12acccd3ae82f47b3f2 # v4"), nil},
		{"a commit that is no release", source.Workflow, uses("actions/cache@" + unknown), []string{
			`6 conditional actions/cache@0123456789012345678901234567890123456789: check that it is new enough`,
		}},
		{"a commit that is said to be new enough", source.Workflow, uses("actions/cache@" + unknown + " # v4.2.3"), []string{
			`6 advice actions/cache@0123456789012345678901234567890123456789: check that it is new enough`,
		}},
		{"a commit of an action that leaves it to a builder", source.Workflow, uses("docker/build-push-action@" + unknown), nil},
		{"a fork of what installs a builder", source.Workflow, uses("example/setup-buildx-action@v1"), []string{
			`6 advice example/setup-buildx-action@v1: check that it installs a version that is new enough`,
		}},
		{"a fork that is told a version", source.Workflow, job("      - uses: example/setup-buildx-action@v1\n        with: { version: latest }\n"), nil},
	}
	run(t, []string{rules.ActionPin}, rules.Options{}, examples)
	t.Run("with --bump-actions", func(t *testing.T) {
		run(t, []string{rules.ActionPin}, rules.Options{Bump: true}, []example{
			{"a commit of an action that leaves it to a builder, bumped", source.Workflow, uses("docker/build-push-action@" + unknown), []string{
				`6 advice docker/build-push-action@0123456789012345678901234567890123456789: check that it is new enough`,
			}},
		})
	})
	t.Run("with somebody to ask", func(t *testing.T) {
		resolve := func(string, string) (string, error) { return "v4.2.0", nil }
		run(t, []string{rules.ActionPin}, rules.Options{Resolve: resolve}, []example{
			{"a commit of a release that the table does not know", source.Workflow, uses("actions/cache@" + unknown), nil},
		})
	})
	t.Run("with nobody who answers", func(t *testing.T) {
		resolve := func(string, string) (string, error) { return "", errors.New("no network") }
		run(t, []string{rules.ActionPin}, rules.Options{Resolve: resolve}, []example{
			{"a commit that could not be asked for", source.Workflow, uses("actions/cache@" + unknown), []string{
				`6 conditional actions/cache@0123456789012345678901234567890123456789: check that it is new enough`,
			}},
		})
	})
}

func TestMajorsOfActions(t *testing.T) {
	run(t, []string{rules.ActionMajor}, rules.Options{Bump: true}, []example{
		{"an old major", source.Workflow, job("      - uses: docker/login-action@v2\n"), []string{
			`6 advice docker/login-action@v2: "v2" to "v4"`,
		}},
		{"the newest major", source.Workflow, job("      - uses: docker/login-action@v4\n"), nil},
		{"an action that is not Docker's", source.Workflow, job("      - uses: actions/checkout@v2\n"), nil},
		{"a runner of one's own may be too old", source.Workflow, jobOn("self-hosted", "      - uses: docker/login-action@v2\n"), []string{
			`6 advice docker/login-action@v2: "v2" to "v4"?`,
		}},
		{"build-push-action 1 has other inputs", source.Workflow, job("      - uses: docker/build-push-action@v1\n"), []string{
			`6 advice docker/build-push-action@v1: version 1 has other inputs: rewrite the step`,
		}},
		{"inputs that version 4 renames", source.Workflow, job("      - uses: docker/setup-buildx-action@v2\n        with:\n          config: .github/buildkitd.toml\n"), []string{
			`6 advice docker/setup-buildx-action@v2: "config" to "buildkitd-config", "v2" to "v4"`,
		}},
		{"install: has no replacement", source.Workflow, job("      - uses: docker/setup-buildx-action@v2\n        with:\n          install: true\n"), []string{
			`6 advice docker/setup-buildx-action@v2: "v2" to "v3"`,
			`8 advice install: true: call docker buildx build, or add a step that runs docker buildx install`,
		}},
		{"install: on version 3", source.Workflow, job("      - uses: docker/setup-buildx-action@v3\n        with:\n          install: true\n"), []string{
			`8 advice install: true: call docker buildx build, or add a step that runs docker buildx install`,
		}},
		{"bake-action with workdir:", source.Workflow, job("      - uses: docker/bake-action@v6\n        with: { workdir: app }\n"), nil},
		{"bake-action that used the checkout", source.Workflow, job("      - uses: docker/bake-action@v5\n"), []string{
			`6 advice docker/bake-action@v5: "v5" to "v7"?`,
		}},
	})
	run(t, []string{rules.ActionMajor}, rules.Options{}, []example{
		{"without --bump-actions", source.Workflow, job("      - uses: docker/login-action@v2\n"), nil},
	})
}

func TestBuildxOfTheRunner(t *testing.T) {
	const setup = "      - uses: docker/setup-buildx-action@v3\n"
	run(t, []string{rules.RunnerBuildx}, rules.Options{}, []example{
		{"a runner of one's own", source.Workflow, jobOn("[self-hosted, linux]", setup), []string{
			`6 advice docker/setup-buildx-action@v3: "" to "\n        with:\n          version: latest"?`,
		}},
		{"a runner of one's own, and other inputs", source.Workflow, jobOn("self-hosted", setup+"        with:\n          driver: remote\n"), []string{
			`6 advice docker/setup-buildx-action@v3: "" to "version: latest\n          "?`,
		}},
		{"a step that is not a block", source.Workflow, jobOn("self-hosted", "      - { uses: docker/setup-buildx-action@v3 }\n"), []string{
			`6 advice docker/setup-buildx-action@v3: the step is not in block style`,
		}},
		{"a version is given", source.Workflow, jobOn("self-hosted", setup+"        with: { version: latest }\n"), nil},
		{"a runner of GitHub's", source.Workflow, job(setup), nil},
		{"a runner that nothing tells", source.Workflow, jobOn("${{ vars.RUNNER }}", setup), nil},
	})
}
