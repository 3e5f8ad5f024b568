package rules_test

import (
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate/rules"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source"
)

// The cases are those of public repositories: release notes and messages that name
// an image, scripts that look for a version (kiali, moby/buildkit, supabase), caches
// whose key has an image in it.
func TestProseIsNoPin(t *testing.T) {
	const image = "moby/buildkit:v0.11.6"
	found := []string{`1 certain ` + image + `: "v0.11.6" to "v{buildkit}"`}
	run(t, []string{rules.BuildKitImage, rules.CacheVersion, rules.EngineVersion}, rules.Options{}, []example{
		{"a message", source.Shell, "echo built with " + image + "\n", nil},
		{"a message to the log of errors", source.Shell, "echo built with " + image + " >&2\n", nil},
		{"a message in a format", source.Shell, "printf '%s\\n' " + image + "\n", nil},
		{"a message in the summary of the job", source.Shell, "echo built with " + image + " >> $GITHUB_STEP_SUMMARY\n", nil},
		{"a page in the summary of the job", source.Shell, "cat <<EOF >> \"$GITHUB_STEP_SUMMARY\"\nimage " + image + "\nEOF\n", nil},
		{"an image that is looked for", source.Shell, "docker images | grep " + image + "\n", nil},
		{"a cache that is looked for", source.Shell, "if grep -q 'type=gha,version=1' Makefile; then exit 1; fi\n", nil},
		{"an image that is compared", source.Shell, "if [ \"$KIT\" = " + image + " ]; then exit 1; fi\n", nil},
		{"an image that is compared by bash", source.Shell, "if [[ $KIT == " + image + " ]]; then exit 1; fi\n", nil},
		{"an image in a case", source.Shell, "case $KIT in " + image + ") exit 1;; esac\n", nil},
		{"an image that is pulled", source.Shell, "docker pull " + image + "\n", nil},
		{"a message of a commit", source.Shell, "git commit -m 'use " + image + "'\n", nil},
		{"a message in a variable", source.Shell, "COMMIT_MSG='use " + image + "'\n", nil},
		{"what is printed into a file is a pin", source.Shell, "echo 'docker buildx create --driver-opt image=" + image + "' > x.sh\n", found},
		{"what is printed into another command is a pin", source.Shell, "echo FROM " + image + " | docker build -\n", found},
		{"what is printed into a variable of the job is a pin", source.Shell, "echo KIT=" + image + " >> $GITHUB_ENV\n", found},
		{"a command behind a message is a pin", source.Make, "x:\n\t@echo build && docker buildx create --driver-opt image=" + image + "\n", []string{`2` + found[0][1:]}},
		{"a message of a recipe", source.Make, "x:\n\t@echo built with " + image + "\n", nil},
		{"a message of make", source.Make, "$(info built with " + image + ")\n", nil},
		{"a message of PowerShell", source.Workflow, job("      - shell: pwsh\n        run: Write-Host " + image + "\n"), nil},
		{"a label of an image", source.Dockerfile, "LABEL base=" + image + "\n", nil},
		{"a message in a Dockerfile", source.Dockerfile, "RUN echo " + image + "\n", nil},
		{"the text of a release", source.Workflow, job("      - uses: softprops/action-gh-release@v2\n        with: { body: 'with " + image + "' }\n"), nil},
		{"tags of what is built", source.Workflow, job("      - uses: docker/build-push-action@v6\n        with: { tags: 'example/docker:24, docker:24-dind' }\n"), nil},
		{"the key of a cache", source.Workflow, job("      - uses: actions/cache@v4\n        with: { key: 'docker:24-dind' }\n"), nil},
		{"files whose hash is taken", source.Workflow, job("      - run: x ${{ hashFiles('docker:24') }}\n"), nil},
		{"a message of github-script", source.Workflow, job("      - uses: actions/github-script@v7\n        with:\n          script: |\n            core.info(`moby/buildkit:${tag}`);\n"), nil},
		{"an input that is an image is a pin", source.Workflow, job("      - uses: example/build@v1\n        with: { buildkit-image: '" + image + "' }\n"), []string{`7` + found[0][1:]}},
	})
}

func TestMentionsInOtherPlacesSettleNothing(t *testing.T) {
	const export = "      - run: echo ACTIONS_CACHE_URL=$URL >> $GITHUB_ENV\n"
	found := []string{"6 conditional ACTIONS_CACHE_URL=$URL: also export ACTIONS_RESULTS_URL and ACTIONS_CACHE_SERVICE_V2"}
	const other = "  b:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo ACTIONS_RESULTS_URL=$URL >> $GITHUB_ENV\n"
	run(t, []string{rules.CacheURLExport}, rules.Options{}, []example{
		{"nothing else", source.Workflow, job(export), found},
		{"in a comment", source.Workflow, job(export + "      # ACTIONS_RESULTS_URL\n"), found},
		{"in a comment behind something", source.Workflow, job(export + "      - run: x # ACTIONS_RESULTS_URL\n"), found},
		{"in another job", source.Workflow, job(export) + other, found},
		{"in the same job", source.Workflow, job(export + "      - run: echo ACTIONS_RESULTS_URL=$URL >> $GITHUB_ENV\n"), nil},
		{"for all jobs", source.Workflow, job(export) + "env: { ACTIONS_RESULTS_URL: x }\n", nil},
		{"in a comment of github-script", source.Workflow,
			job("      - uses: actions/github-script@v7\n        with:\n          script: |\n            // ACTIONS_RESULTS_URL, ACTIONS_CACHE_SERVICE_V2\n            core.exportVariable('ACTIONS_CACHE_URL', process.env.ACTIONS_CACHE_URL)\n"),
			[]string{"10 conditional core.exportVariable('ACTIONS_CACHE_URL', process.env.ACTIONS_CACHE_URL): " +
				"\"\" to \"\\n            core.exportVariable('ACTIONS_RESULTS_URL', process.env.ACTIONS_RESULTS_URL)\\n            core.exportVariable('ACTIONS_CACHE_SERVICE_V2', process.env.ACTIONS_CACHE_SERVICE_V2)\""}},
	})
}
