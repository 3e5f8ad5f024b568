package migrate_test

import (
	"strings"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/rules"
)

// An Engine builds with its own BuildKit only where the builder has the docker driver.
func TestAnEngineCountsOnlyForTheDockerDriver(t *testing.T) {
	const (
		head   = "on: push\njobs:\n  build:\n    runs-on: ubuntu-latest\n    services: { docker: { image: 'docker:24-dind' } }\n    steps:\n"
		cached = "      - run: docker buildx build --cache-to type=gha .\n"
		setup  = "      - uses: docker/setup-buildx-action@v3\n"
	)
	for name, c := range map[string]struct {
		src  string
		want rules.Certainty
	}{
		"no builder is created":                          {head + cached, rules.Certain},
		"setup-buildx-action creates a builder":          {head + setup + cached, rules.Advice},
		"it creates one of another driver":               {head + setup + "        with: { driver: kubernetes }\n" + cached, rules.Advice},
		"it keeps the docker driver":                     {head + setup + "        with: { driver: docker }\n" + cached, rules.Certain},
		"it has a driver that is not told":               {head + setup + "        with: { driver: '${{ inputs.driver }}' }\n" + cached, rules.Certain},
		"it does not use its builder":                    {head + setup + "        with: { use: false }\n" + cached, rules.Certain},
		"a script creates a builder and uses it":         {head + "      - run: docker buildx create --name ci --use\n" + cached, rules.Advice},
		"a script creates a builder, and uses it later":  {head + "      - run: |\n          docker buildx create --name ci\n          docker buildx use ci\n" + cached, rules.Advice},
		"a script creates a builder that it never uses":  {head + "      - run: docker buildx create --name ci\n" + cached, rules.Certain},
		"the builder is that of another job":             {head + cached + "  other:\n    runs-on: ubuntu-latest\n    steps:\n" + setup, rules.Certain},
		"a step goes back to the Engine's own builder":   {head + setup + "      - run: docker buildx use default\n" + cached, rules.Certain},
		"a build names the Engine's own builder":         {head + setup + strings.Replace(cached, "build --", "build --builder default --", 1), rules.Certain},
		"an action's input names the Engine's builder":   {head + setup + "      - uses: docker/build-push-action@v6\n        with: { builder: default, cache-to: type=gha }\n", rules.Certain},
		"an Engine is installed, with a builder of ours": {strings.Replace(head, "    services: { docker: { image: 'docker:24-dind' } }\n", "", 1) + "      - uses: docker/setup-docker-action@v4\n        with: { version: v24.0.0 }\n" + setup + cached, rules.Advice},
	} {
		t.Run(name, func(t *testing.T) {
			dir := tree(t, map[string]string{".github/workflows/a.yml": c.src})
			report := mustCheck(t, dir, migrate.Options{Service: migrate.ServiceV2, Only: []string{rules.EngineVersion}})
			if len(report.Findings) != 1 || report.Findings[0].Certainty != c.want {
				t.Errorf("got %v, want one that is %s", brief(t, report, dir), c.want)
			}
		})
	}
}
