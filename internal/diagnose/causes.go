package diagnose

import (
	"regexp"
	"slices"
	"sync"
)

// A Cause is one reason for which a gha cache fails, with what to do about it.
type Cause struct {
	ID      string   `json:"id"`      // stable, kebab-case
	Title   string   `json:"title"`   // one line, lower case
	Certain bool     `json:"certain"` // false: the text has other explanations
	Advice  []string `json:"advice"`  // commands, flags or YAML; one to a hint line

	least frame          // how clearly the line must be an error
	match *regexp.Regexp // against the message without its wrappers
}

// Catalogue returns every known cause, the more specific before the more general.
func Catalogue() []Cause { return append(slices.Clone(catalogue()), droppedCause()) }

// catalogue is compiled on first use: most runs never read a log.
var catalogue = sync.OnceValue(func() []Cause { return slices.Concat(setupCauses(), serviceCauses(), lastCauses()) }) //nolint:gochecknoglobals // the same for every log

const (
	ignoreError   = "--cache-to type=gha,…,ignore-error=true   # a failing export no longer fails the build"
	newBuilder    = "docker buildx create --driver docker-container --use"
	migrate       = "docker ghacache migrate-v2"
	exposeRuntime = "- uses: crazy-max/ghaction-github-runtime@v4   # a step before the run: step that builds"
	status        = "https://www.githubstatus.com"
	retry         = "run the job again"
	doctor        = "docker ghacache doctor"
)

// requestTo matches net/http's report of a failed request to a cache service or to its blobs.
const requestTo = `^(?:Get|Post|Patch|Put|Head) "[^"]*(?:CacheService/|_apis/artifactcache/|/actions-cache/|/devstoreaccount1/)[^"]*": `

// setupCauses are those that lie with the job, the builder or the options.
func setupCauses() []Cause {
	return []Cause{
		certain("v1-sunset", "the build speaks version 1 of GitHub's cache service, which was shut down on 2025-04-15",
			bare, `^This legacy service is shutting down, effective |"typeKey":"ArtifactCacheServiceDecommissionedException"`,
			migrate+" --write", "docker buildx version   # v0.21.0 or newer, with BuildKit v0.20.0 or newer"),
		certain("v1-sunset-action", "an action speaks version 1 of GitHub's cache service, which was shut down on 2025-04-15",
			said, `\bgh\.io/gha-cache-sunset\b`, migrate+" --write"),
		certain("actions-cache-deprecated", "a workflow uses a version of actions/cache that GitHub refuses",
			said, "deprecated version of `actions/cache: ", "uses: actions/cache@v4   # v4.2.0 or newer", migrate+" --bump-actions"),
		probable("v1-refused", "GitHub refused a client of the shut-down version 1 of its cache service",
			said, `^Cache service responded with 422`, migrate, "uses: actions/cache@v4   # and newer majors of actions that cache by themselves"),
		probable("v1-endpoint", "the build still asks a host of version 1 of GitHub's cache service, shut down on 2025-04-15",
			said, `https?://[\w-]+\.actions\.githubusercontent\.com/[^"]*_apis/artifactcache/`, migrate),

		certain("runtime-token-missing", "the build was given no runtime token: the step does not see ACTIONS_RUNTIME_TOKEN",
			bare, `^token not set for github actions cache$`, exposeRuntime),
		certain("runtime-url-missing", "the build was given no URL of the cache service: the step does not see ACTIONS_RESULTS_URL",
			bare, `^url not set for github actions cache$`, exposeRuntime),
		certain("token-expired", "the runtime token has expired: the job ran longer than the token lives",
			bare, `^cache token expired at \d`, retry, "split the job, so that the build starts within its first hours"),
		certain("token-not-yet-valid", "the runtime token is not valid yet: the builder's clock is behind",
			build, `^invalid token with future issue time`, "timedatectl set-ntp true   # on the machine that runs BuildKit"),
		certain("token-without-scopes", "the runtime token has no access controls (claim ac): the service is not GitHub's, or too old",
			said, `^invalid token with(?:out access controls| access controls type)|^failed to parse token access controls|^Cannot parse GitHub Actions Runtime Token ACs`,
			"update Gitea, Forgejo, act or the cache server: its tokens need the claim ac", doctor),
		certain("token-malformed", "the runtime token is not a JWT: the variable is empty, masked or from another service",
			cache, `^(?:token is malformed|token contains an invalid number of segments)`, doctor, exposeRuntime),

		certain("docker-driver", "the builder uses the docker driver, which cannot export a cache without the containerd image store",
			said, `^Cache export is not supported for the docker driver|^cache export feature is currently not supported for docker driver`,
			newBuilder, "docker ghacache build --gha-create-builder …", "- uses: docker/setup-buildx-action@v4   # a step before the build"),
		probable("docker-driver-action", "the builder uses the docker driver, which cannot export a cache without the containerd image store",
			build, `^Learn more at https://docs\.docker\.com/go/build-cache-backends/`,
			newBuilder, "- uses: docker/setup-buildx-action@v4   # a step before the build"),
		certain("builder-missing", "the builder that was asked for does not exist on this machine",
			said, `^no builder ".*" found$`, "docker buildx ls", newBuilder),
		certain("buildx-missing", "docker has no buildx: only buildx knows cache options",
			bare, `^(?:docker: )?'buildx' is not a docker command|^(?:docker: )?unknown command: docker buildx$|^unknown flag: --cache-to$`,
			"apt-get install docker-buildx-plugin", "- uses: docker/setup-buildx-action@v4"),
		certain("gha-unknown-to-buildkit", "BuildKit is too old for type=gha (0.9) or built without it",
			build, `^unknown cache (?:exporter: "gha"|importer: gha)$`, newBuilder, migrate),
		certain("option-quoted", "the cache option is one word to buildx: quotes or spaces stand where none belong",
			build, `^unknown cache (?:exporter|importer): [\\"' ]*(?i:gha)`, "--cache-to type=gha,mode=max   # lower case, no space, no inner quotes"),
		certain("option-without-type", "the cache option names no type",
			said, `^type required for ".*(?:gha|mode|scope)|^invalid value gha$`, "--cache-to type=gha,mode=max"),
		certain("gha-as-reference", "gha was given without type=, so buildx took it for the name of an image in a registry",
			bare, `^#\d+ \[auth\] library/gha:p|^#\d+ importing cache manifest from gha$|^ > importing cache manifest from gha:$`, "--cache-to type=gha --cache-from type=gha"),
		probable("option-as-reference", "a cache option was taken for the name of an image: type=gha is missing, or was split at its commas",
			build, `^failed to configure registry cache (?:ex|im)porter: invalid reference format`, "--cache-to type=gha,mode=max   # one argument, each option with its own --cache-to"),
		certain("option-version", "version= of the cache option is not a number",
			build, `^failed to parse api version ".*", expected positive integer`, "version=2"),
		certain("option-timeout", "timeout= of the cache option is not a duration",
			build, `^failed to parse timeout for github actions cache`, "timeout=20m"),
		certain("option-duplicate", "the same gha cache is exported twice",
			build, `^duplicate cache exports \[.*\bgha\b`, "give --cache-to type=gha once, or each its own scope="),
		certain("url-invalid", "the URL of the cache service is not one that can be asked: no scheme, or no slash at its end",
			said, `^parse "[^"]*(?:twirp/|_apis/)[^"]*": |^(?:Get|Post) "https?://[^/"]*twirp/|^(?:Get|Post) "[^"]*(?:CacheService/|_apis/artifactcache/)[^"]*": unsupported protocol scheme`,
			"ACTIONS_RESULTS_URL=http://HOST:PORT/   # scheme in front, slash at the end", doctor),
		certain("signature", "BuildKit is configured to sign or verify gha caches, and this index fails it",
			build, `^missing signature for github actions cache|^signature verification failed: |^no verifier available for signed github actions cache|^signing command failed: `,
			"check the section of the gha cache in buildkitd.toml", "docker ghacache prune   # an unsigned index has to go"),
	}
}

func certain(id, title string, least frame, match string, advice ...string) Cause {
	return Cause{ID: id, Title: title, Certain: true, Advice: advice, least: least, match: regexp.MustCompile(match)}
}

func probable(id, title string, least frame, match string, advice ...string) Cause {
	c := certain(id, title, least, match, advice...)
	c.Certain = false
	return c
}
