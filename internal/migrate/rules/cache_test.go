package rules_test

import (
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate/rules"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source"
)

func TestAttributesOfEntries(t *testing.T) {
	run(t, []string{rules.CacheVersion, rules.CacheSpace, rules.V1Service}, rules.Options{}, []example{
		{"version 1 in a command line", source.Shell, "docker buildx build --cache-to type=gha,version=1,mode=max .\n", []string{
			`1 certain version=1: "1" to "2"`,
		}},
		{"version 2 would be wrong on an old service", source.Shell, "docker buildx build --cache-to type=gha,version=2 .\n", []string{
			`1 certain version=2: remove it if the cache does not work`,
		}},
		{"url_v2 as well", source.Shell, "docker buildx build --cache-to type=gha,url_v2=https://cache.example/ .\n", []string{
			`1 certain url_v2=https://cache.example/: remove it if the cache does not work`,
		}},
		{"no version", source.Shell, "docker buildx build --cache-to type=gha,mode=max .\n", nil},
		{"another backend", source.Shell, "docker buildx build --cache-to type=registry,version=1 .\n", nil},
		{"lines of an input", source.Workflow, job("      - uses: docker/build-push-action@v6\n        with:\n          cache-to: |\n            type=registry,ref=x\n            type=gha,version=1\n"), []string{
			`10 certain version=1: "1" to "2"`,
		}},
		{"a space hides the attribute behind it", source.Workflow, job("      - uses: docker/build-push-action@v6\n        with:\n          cache-to: type=gha, mode=max\n"), []string{
			`8 certain type=gha, mode=max: " " to ""`,
		}},
		{"a token that is written out is not shown", source.Workflow, job("      - uses: docker/build-push-action@v6\n        with:\n          cache-to: type=gha, token=secret\n"), []string{
			`8 certain type=gha, token=***: " " to ""`,
		}},
		{"an entry of several lines", source.Workflow, job("      - uses: docker/build-push-action@v6\n        with:\n          cache-to: >-\n            type=gha,mode=max,\n            version=1\n"), []string{
			`9 certain type=gha,mode=max, version=1: the entry is on several lines`,
			`10 certain version=1: the entry is on several lines`,
		}},
		{"the object form in HCL", source.HCL, "target \"app\" {\n  cache-to = [{ type = \"gha\", version = \"1\" }]\n}\n", []string{
			`2 certain version=1: "1" to "2"`,
		}},
		{"the object form in a compose file", source.Compose, "services:\n  app:\n    build:\n      cache_to:\n        - { type: gha, version: 1 }\n", []string{
			`5 certain version=1: "1" to "2"`,
		}},
		{"a variable of a bake file", source.HCL, "variable \"V\" { default = \"1\" }\ntarget \"app\" { cache-to = [\"type=gha,version=${V}\"] }\n", []string{
			`1 certain version=1: "1" to "2"`,
		}},
	})
}

func TestAddressesOfEntries(t *testing.T) {
	run(t, []string{rules.CacheURL}, rules.Options{}, []example{
		{"the runner's URL and token", source.Shell, "docker build --cache-to type=gha,url=$ACTIONS_CACHE_URL,token=$ACTIONS_RUNTIME_TOKEN,mode=max .\n", []string{
			`1 conditional url=$ACTIONS_CACHE_URL: ",url=$ACTIONS_CACHE_URL" to "", ",token=$ACTIONS_RUNTIME_TOKEN" to ""?`,
		}},
		{"another service", source.Shell, "docker build --cache-to type=gha,url=https://cache.example/ .\n", []string{
			`1 conditional url=https://cache.example/: it is not the URL of the runner`,
		}},
		{"the URL in front", source.Shell, "docker build --cache-to url=$ACTIONS_CACHE_URL,type=gha .\n", []string{
			`1 conditional url=$ACTIONS_CACHE_URL: the order of its attributes is unusual`,
		}},
		{"no URL", source.Shell, "docker build --cache-to type=gha,mode=max .\n", nil},
	})
}

func TestServiceFlag(t *testing.T) {
	run(t, []string{rules.ServiceFlag}, rules.Options{}, []example{
		{"false, in a script", source.Shell, "export ACTIONS_CACHE_SERVICE_V2=false\ndocker build .\n", []string{
			`1 certain ACTIONS_CACHE_SERVICE_V2=false: "false" to "true"`,
		}},
		{"a word that ParseBool does not know", source.Shell, "ACTIONS_CACHE_SERVICE_V2=on docker build .\n", []string{
			`1 certain ACTIONS_CACHE_SERVICE_V2=on: "on" to "true"`,
		}},
		{"true in all its spellings", source.Shell, "ACTIONS_CACHE_SERVICE_V2=1 docker build .\nACTIONS_CACHE_SERVICE_V2=True docker build .\n", nil},
		{"what another variable says", source.Shell, "ACTIONS_CACHE_SERVICE_V2=$V2 docker build .\n", nil},
		{"an env: that scripts see", source.Workflow, "on: push\nenv:\n  ACTIONS_CACHE_SERVICE_V2: 0\njobs: { a: { steps: [ { run: make } ] } }\n", []string{
			`3 certain ACTIONS_CACHE_SERVICE_V2=0: "0" to "true"`,
		}},
		{"an env: that only actions see", source.Workflow, "on: push\nenv:\n  ACTIONS_CACHE_SERVICE_V2: 0\njobs: { a: { steps: [ { uses: docker/build-push-action@v6 } ] } }\n", []string{
			`3 conditional ACTIONS_CACHE_SERVICE_V2=0: "0" to "true"`,
		}},
		{"an env: that holds it twice", source.Workflow, job("      - run: make\n        env:\n          ACTIONS_CACHE_SERVICE_V2: 0\n          actions_cache_service_v2: 1\n"), []string{
			`8 certain ACTIONS_CACHE_SERVICE_V2=0: the mapping has this key twice`,
		}},
		{"a variable of a Makefile", source.Make, "ACTIONS_CACHE_SERVICE_V2 = no\nbuild:\n\tdocker build .\n", []string{
			`1 certain ACTIONS_CACHE_SERVICE_V2=no: "no" to "true"?`,
		}},
		{"a variable of a Dockerfile", source.Dockerfile, "FROM alpine\nENV ACTIONS_CACHE_SERVICE_V2=\n", []string{
			`2 certain ACTIONS_CACHE_SERVICE_V2=: "" to "true"`,
		}},
		{"a build behind sccache-action", source.Workflow, job("      - uses: mozilla-actions/sccache-action@v0.0.9\n      - run: docker build --cache-to type=gha .\n"), []string{
			`7 conditional type=gha: set ACTIONS_CACHE_SERVICE_V2: "true" in the env of this step`,
		}},
		{"a build before sccache-action", source.Workflow, job("      - run: docker build --cache-to type=gha .\n      - uses: mozilla-actions/sccache-action@v0.0.9\n"), nil},
		{"a build behind sccache-action that sets the variable", source.Workflow, job("      - uses: mozilla-actions/sccache-action@v0.0.9\n      - run: docker build --cache-to type=gha .\n        env: { ACTIONS_CACHE_SERVICE_V2: 'true' }\n"), nil},
	})
}

func TestRuntimeVariables(t *testing.T) {
	run(t, []string{rules.InsideBuild, rules.CacheURLExport}, rules.Options{}, []example{
		{"a build argument", source.Workflow, job("      - uses: docker/build-push-action@v6\n        with:\n          build-args: ACTIONS_CACHE_URL=${{ env.ACTIONS_CACHE_URL }}\n"), []string{
			`8 conditional ACTIONS_CACHE_URL=${{ env.ACTIONS_CACHE_URL }}: also pass ACTIONS_RESULTS_URL and ACTIONS_CACHE_SERVICE_V2, if the tool supports them`,
		}},
		{"a secret of a command line", source.Shell, "docker build --secret id=ACTIONS_CACHE_URL .\n", []string{
			`1 conditional id=ACTIONS_CACHE_URL: also pass ACTIONS_RESULTS_URL and ACTIONS_CACHE_SERVICE_V2, if the tool supports them`,
		}},
		{"a Dockerfile", source.Dockerfile, "FROM alpine\nARG ACTIONS_CACHE_URL\n", []string{
			`2 conditional ACTIONS_CACHE_URL: also pass ACTIONS_RESULTS_URL and ACTIONS_CACHE_SERVICE_V2, if the tool supports them`,
		}},
		{"the arguments of a bake file", source.HCL, "target \"app\" {\n  args = { ACTIONS_CACHE_URL = \"\" }\n}\n", []string{
			`2 conditional ACTIONS_CACHE_URL: also pass ACTIONS_RESULTS_URL and ACTIONS_CACHE_SERVICE_V2, if the tool supports them`,
		}},
		{"the arguments of a compose file", source.Compose, "services: { app: { build: { args: [ACTIONS_CACHE_URL] } } }\n", []string{
			`1 conditional ACTIONS_CACHE_URL: also pass ACTIONS_RESULTS_URL and ACTIONS_CACHE_SERVICE_V2, if the tool supports them`,
		}},
		{"a script that exports it", source.Shell, "export ACTIONS_CACHE_URL=https://cache.example/\n", []string{
			`1 conditional ACTIONS_CACHE_URL=https://cache.example/: also export ACTIONS_RESULTS_URL and ACTIONS_CACHE_SERVICE_V2`,
		}},
		{"a script that exports the others, too", source.Shell, "export ACTIONS_CACHE_URL=x\nexport ACTIONS_RESULTS_URL=y\n", nil},
		{"an env:", source.Workflow, job("      - run: make\n        env:\n          ACTIONS_CACHE_URL: x\n"), []string{
			`8 conditional ACTIONS_CACHE_URL: remove it, or also set ACTIONS_RESULTS_URL and ACTIONS_CACHE_SERVICE_V2`,
		}},
		{"an env: with both", source.Workflow, job("      - run: make\n        env:\n          ACTIONS_CACHE_URL: x\n          ACTIONS_RESULTS_URL: y\n"), nil},
		{"a github-script", source.Workflow, job("      - uses: actions/github-script@v7\n        with:\n          script: |\n            core.exportVariable('ACTIONS_CACHE_URL', process.env.ACTIONS_CACHE_URL || '');\n"), []string{
			`9 conditional core.exportVariable('ACTIONS_CACHE_URL', process.env.ACTIONS_CACHE_URL || '');: "" to "\n            core.exportVariable('ACTIONS_RESULTS_URL', process.env.ACTIONS_RESULTS_URL || '');\n            core.exportVariable('ACTIONS_CACHE_SERVICE_V2', process.env.ACTIONS_CACHE_SERVICE_V2 || '');"`,
		}},
		{"a github-script on one line", source.Workflow, job("      - uses: actions/github-script@v7\n        with: { script: \"core.exportVariable('ACTIONS_CACHE_URL', process.env.ACTIONS_CACHE_URL)\" }\n"), []string{
			`7 conditional core.exportVariable('ACTIONS_CACHE_URL', process.env.ACTIONS_CACHE_URL): the script is not in block style`,
		}},
		{"a github-script that computes", source.Workflow, job("      - uses: actions/github-script@v7\n        with:\n          script: |\n            if (x) core.exportVariable('ACTIONS_CACHE_URL', url)\n"), []string{
			`9 conditional if (x) core.exportVariable('ACTIONS_CACHE_URL', url): it is not a single line that copies process.env`,
		}},
		{"a github-script that is commented out", source.Workflow, job("      - uses: actions/github-script@v7\n        with:\n          script: |\n            // core.exportVariable('ACTIONS_CACHE_URL', process.env.ACTIONS_CACHE_URL)\n"), nil},
	})
}

func TestTools(t *testing.T) {
	run(t, []string{rules.ContainerAction, rules.NoV2, rules.CacheDance, rules.MoveCache}, rules.Options{}, []example{
		{"a container action with a gha cache", source.Action, "runs:\n  using: docker\n  image: Dockerfile\n  args: [--cache-to, 'type=gha']\n", []string{
			`2 conditional docker: set ACTIONS_CACHE_SERVICE_V2: "true" in the step's env, or version=2 in the cache entry`,
		}},
		{"a container action without", source.Action, "runs:\n  using: docker\n  image: Dockerfile\n", nil},
		{"a step that runs an image with a gha cache", source.Workflow, job("      - uses: docker://example/build\n        with: { args: --export-cache type=gha }\n"), []string{
			`6 conditional docker://example/build: set ACTIONS_CACHE_SERVICE_V2: "true" in the step's env, or version=2 in the cache entry`,
		}},
		{"a step that runs an image without", source.Workflow, job("      - uses: docker://example/build\n      - run: docker build --cache-to type=gha .\n"), nil},
		{"Dagger", source.Workflow, job("      - run: dagger call build\n        env:\n          _EXPERIMENTAL_DAGGER_CACHE_CONFIG: type=gha,mode=max\n"), []string{
			`8 conditional type=gha,mode=max: use another cache`,
		}},
		{"Dagger with another cache", source.Workflow, job("      - run: dagger call build\n        env:\n          _EXPERIMENTAL_DAGGER_CACHE_CONFIG: type=registry,ref=x\n"), nil},
		{"vcpkg", source.Workflow, job("      - run: vcpkg install\n        env: { VCPKG_BINARY_SOURCES: 'clear;x-gha,readwrite' }\n"), []string{
			`7 conditional x-gha: use another binary cache, as newer releases of vcpkg require`,
		}},
		{"cache-dance with its old input", source.Workflow, job("      - uses: reproducible-containers/buildkit-cache-dance@v2\n        with:\n          cache-source: var-cache\n"), []string{
			`8 advice cache-source: var-cache: write cache-map: {"SOURCE": "TARGET"}`,
		}},
		{"cache-dance with its new input", source.Workflow, job("      - uses: reproducible-containers/buildkit-cache-dance@v3\n        with: { cache-map: '{}' }\n"), nil},
		{"a local cache that is moved", source.Workflow, job("      - uses: docker/build-push-action@v6\n        with:\n          cache-to: type=local,dest=/tmp/new,mode=max\n      - run: |\n          rm -rf /tmp/old\n          mv /tmp/new /tmp/old\n"), []string{
			`11 advice mv /tmp/new: "/tmp/new" to "/tmp/old", "rm -rf /tmp/old" to "# the build exports to /tmp/old", "mv /tmp/new /tmp/old" to "docker ghacache prune --local /tmp/old --grace 0s --force"?`,
		}},
		{"a local cache that is moved in one line", source.Workflow, job("      - run: docker build --cache-to type=local,dest=/tmp/new . && rm -rf \"/tmp/old\" && mv \"/tmp/new\" \"/tmp/old\"\n"), []string{
			`6 advice mv /tmp/new: "/tmp/new" to "/tmp/old", "rm -rf \"/tmp/old\" && mv \"/tmp/new\" \"/tmp/old\"" to "docker ghacache prune --local /tmp/old --grace 0s --force"?`,
		}},
		{"a local cache that is moved over what may be there", source.Workflow, job("      - run: docker build --cache-to type=local,dest=/tmp/new .\n      - run: mv /tmp/new /tmp/old\n"), []string{
			`7 advice mv /tmp/new: export to type=local,dest=/tmp/old,reset=true and drop the step`,
		}},
		{"a local cache whose directory only the shell knows", source.Workflow, job("      - run: docker build --cache-to type=local,dest=/tmp/new .\n      - run: rm -rf ~/old; mv /tmp/new ~/old\n"), []string{
			`7 advice mv /tmp/new: export to type=local,dest=~/old,reset=true and drop the step`,
		}},
		{"a local cache in the place of which another directory is emptied", source.Workflow, job("      - run: docker build --cache-to type=local,dest=/tmp/new .\n      - run: rm -rf /tmp/x; mv /tmp/new /tmp/old\n"), []string{
			`7 advice mv /tmp/new: export to type=local,dest=/tmp/old,reset=true and drop the step`,
		}},
		{"another directory that is moved", source.Workflow, job("      - run: docker build --cache-to type=local,dest=/tmp/new .\n      - run: mv dist public\n"), nil},
	})
}

func TestScopesThatAreShared(t *testing.T) {
	push := func(inputs string) string {
		return "      - uses: docker/build-push-action@v6\n        with: { " + inputs + " }\n"
	}
	run(t, []string{rules.SharedScope}, rules.Options{}, []example{
		{"two images in the default scope", source.Workflow, job(push("context: a, cache-to: type=gha") + push("context: b, cache-to: type=gha")), []string{
			`9 advice type=gha: give each image its own scope`,
		}},
		{"one image twice", source.Workflow, job(push("context: a, cache-to: type=gha") + push("context: a, push: true, cache-to: type=gha")), nil},
		{"a scope for each", source.Workflow, job(push("context: a, cache-to: 'type=gha,scope=a'") + push("context: b, cache-to: 'type=gha,scope=b'")), nil},
		{"a matrix of images", source.Workflow, job(push("context: '${{ matrix.dir }}', cache-to: type=gha")), []string{
			`7 advice type=gha: give each image its own scope`,
		}},
		{"a matrix of images and scopes", source.Workflow, job(push("context: '${{ matrix.dir }}', cache-to: 'type=gha,scope=${{ matrix.dir }}'")), nil},
		{"targets of a bake file", source.HCL, "target \"a\" { cache-to = [\"type=gha\"] }\ntarget \"b\" { cache-to = [\"type=gha\"] }\n", []string{
			`2 advice type=gha: give each image its own scope`,
		}},
		{"targets of a bake file in JSON", source.JSON, "{\"target\": {\"a\": {\"cache-to\": [\"type=gha\"]},\n \"b\": {\"cache-to\": [\"type=gha\"]}}}\n", []string{
			`2 advice type=gha: give each image its own scope`,
		}},
		{"services of a compose file", source.Compose, "services:\n  a: { build: { cache_to: [type=gha] } }\n  b: { build: { cache_to: [type=gha] } }\n", []string{
			`3 advice type=gha: give each image its own scope`,
		}},
		{"an override of every target", source.Shell, "docker buildx bake --set '*.cache-to=type=gha'\n", []string{
			`1 advice *.cache-to=type=gha: give each target its own scope`,
		}},
		{"an override of every target, with a scope", source.Shell, "docker buildx bake --set '*.cache-to=type=gha,scope=x'\n", nil},
	})
}
