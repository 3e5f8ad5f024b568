package rules_test

import (
	"strings"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate/rules"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source"
)

// The steps are those of public repositories that build with bake: one target a job,
// a matrix of targets or of platforms, a target that others inherit.
func TestScopesOfBake(t *testing.T) {
	const matrix = "on: push\njobs:\n  build:\n    runs-on: ubuntu-latest\n    strategy: { matrix: { target: [a, b] } }\n    steps:\n"
	bake := func(top, targets, set string) string {
		return top + "      - uses: docker/bake-action@v6\n        with:\n          targets: " + targets + "\n          set: |\n            " + set + "\n"
	}
	const found = `10 advice `
	run(t, []string{rules.SharedScope}, rules.Options{}, []example{
		{"all targets", source.Workflow, bake(job(""), "default", "*.cache-to=type=gha"), []string{found + "*.cache-to=type=gha: give each target its own scope"}},
		{"two targets in a scope with a name", source.Workflow, bake(job(""), "a,b", "*.cache-to=type=gha,scope=x"), []string{found + "*.cache-to=type=gha,scope=x: give each target its own scope"}},
		{"one target", source.Workflow, bake(job(""), "app", "*.cache-to=type=gha"), nil},
		{"a target by its name", source.Workflow, bake(job(""), "a,b", "a.cache-to=type=gha"), nil},
		{"what others inherit, for two targets", source.Workflow, bake(job(""), "a,b", "_common.cache-to=type=gha"), []string{found + "_common.cache-to=type=gha: give each target its own scope"}},
		{"what others inherit, in a matrix", source.Workflow, bake(matrix, "${{ matrix.target }}", "_common.cache-to=type=gha,mode=max,scope=app"),
			[]string{`11 advice _common.cache-to=type=gha,mode=max,scope=app: give each target its own scope`}},
		{"the same with the matrix in the scope", source.Workflow, bake(matrix, "${{ matrix.target }}", "_common.cache-to=type=gha,scope=${{ matrix.target }}"), nil},
		{"a scope of the matrix that nothing resolves", source.Workflow, bake(matrix, "${{ matrix.target }}", "*.cache-to=type=gha,scope=${{ matrix.other }}"), nil},
		{"a scope with a value of the matrix that is empty", source.Workflow,
			bake(strings.Replace(matrix, "[a, b]", "['', b]", 1), "${{ matrix.target }}", "*.cache-to=type=gha,scope=dev${{ matrix.target }}"), nil},
		{"a command with one target", source.Shell, "docker buildx bake --set '*.cache-to=type=gha' --push app\n", nil},
		{"a command over several lines", source.Shell, "docker buildx bake \\\n  -f docker-bake.hcl \\\n  --set '*.cache-to=type=gha' \\\n  app\n", nil},
		{"a command without a target", source.Shell, "docker buildx bake --set '*.cache-to=type=gha'\n", []string{"1 advice *.cache-to=type=gha: give each target its own scope"}},
	})
}

func TestForkedActions(t *testing.T) {
	const commit = "2cdf405574d6ef1f33a1d12acccd3ae82f47b3f2" // actions/cache v4.1.0
	step := func(uses, with string) string {
		return job("      - uses: " + uses + "\n        with: { " + with + " }\n")
	}
	run(t, []string{rules.BuildxVersion, rules.ComposeVersion, rules.EngineVersion, rules.ActionPin, rules.ActionsCache}, rules.Options{}, []example{
		{"a fork with another name", source.Workflow, step("example/docker-setup-buildx@v1", "version: v0.12.0"), []string{`7 certain v0.12.0: "v0.12.0" to "v{buildx}"`}},
		{"a copy in a repository of actions", source.Workflow, step("example/actions/setup-buildx-action@v1", "version: v0.12.0"), []string{`7 certain v0.12.0: "v0.12.0" to "v{buildx}"`}},
		{"Compose in a name that begins like that of the Engine", source.Workflow, step("example/setup-docker-compose@v1", "version: v2.30.0"), []string{`7 certain v2.30.0: "v2.30.0" to "v2.40.3"`}},
		{"a fork at a commit of its origin", source.Workflow, step("example/cache@"+commit, "key: x"), []string{
			`6 certain example/cache@` + commit + `: take the changes of v4.3.0 into the fork, or use actions/cache`}},
		{"a fork of actions/cache at a tag of its own", source.Workflow, step("example/cache@v3.0.0", "key: x"), nil},
		{"a fork that is told no version", source.Workflow, step("example/docker-setup-buildx@v1", "driver: remote"), []string{
			`6 advice example/docker-setup-buildx@v1: check that it installs a version that is new enough`}},
	})
}
