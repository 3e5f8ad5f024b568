package diagnose

import "github.com/docker-ghacache/docker-ghacache/internal/release"

// What a workflow needs.
const (
	exposeRuntime = release.Expose
	setupBuildx   = "- uses: " + release.SetupBuildx + "   # in a job: a step before the build"
	loadImage     = "--load   # if a later step runs the image: that builder leaves it in its cache otherwise"
	updateBuilder = "docker ghacache migrate-v2 --upgrade-builder NAME   # BuildKit 0.20 or newer"
	updateServer  = "update the cache server, or Gitea, Forgejo or act, which bring their own"
)

// webPage is the cause of a page in place of an answer, which means one thing to BuildKit and another to doctor.
const webPage = "html-400"

// versionCauses are those of version 1 of the cache service.
func versionCauses() []Cause {
	return []Cause{
		certain("v1-sunset", "the job still speaks version 1 of GitHub's cache service, which was shut down on 2025-04-15",
			bare, `^This legacy service is shutting down, effective |"typeKey":"ArtifactCacheServiceDecommissionedException"`,
			exposeRuntime+"   # in a run: step; otherwise:", updateBuilder, "docker buildx version   # v0.21.0 or newer",
			migrate+" --write   # edits versions of actions, buildx and BuildKit that the workflows pin").leadsTo(webPage),
		certain("v1-sunset-action", "a client in the job speaks version 1 of GitHub's cache service, which was shut down on 2025-04-15",
			said, `\bThis legacy service is shutting down, effective `, migrate+" --write   # edits versions of actions that the workflows pin"),
		certain("v1-sunset-action", "a client in the job speaks version 1 of GitHub's cache service, which was shut down on 2025-04-15",
			bare, `^More details: This legacy service is shutting down, effective |^Magic Nix Cache has been deprecated due to a change in the underlying GitHub APIs `, migrate+" --write   # edits versions of actions that the workflows pin"),
		certain("actions-cache-deprecated", "a workflow uses a version of actions/cache that GitHub refuses",
			said, "deprecated version of `actions/cache: ", "uses: "+release.Cache, migrate+" --bump-actions"),
		probable("v1-refused", "GitHub refused a client of the shut-down version 1 of its cache service",
			said, `^Cache service responded with 4(?:00|22)(?: [^d]|[^ ]|$)|^`+toVersion1+`<h2>Our services aren't available|`+toolkit+`.*_apis/artifactcache/.*\bstatus: 400\b.*Our services aren't available`, migrate, "uses: "+release.Cache+"   # and newer majors of actions that cache by themselves"),
		probable("v1-endpoint", "the build still asks a host of version 1 of GitHub's cache service, shut down on 2025-04-15",
			said, `https?://(?:[\w-]+\.actions\.githubusercontent\.com/[^"]*_apis/artifactcache/|(?:artifactcache|acghub\w+)\.actions\.githubusercontent\.com/)`, migrate+" --write", updateBuilder).commonly(),
		probable(webPage, "GitHub answered 400 with a web page: this buildx or BuildKit speaks version 1 of the cache service, or the service is down",
			said, `^failed to parse error response 400: <`,
			updateBuilder+", with buildx 0.21 or newer: if the build fails on every run", StatusPage+"   # if it passes after a while"),
	}
}

// setupCauses are those that lie with the job.
func setupCauses() []Cause {
	return []Cause{
		certain("runtime-token-missing", "BuildKit was given no runtime token, as by a step that does not see ACTIONS_RUNTIME_TOKEN",
			bare, `^token not set for github actions cache$|^Unable to get (?:the )?ACTIONS_RUNTIME_TOKEN env variable$|\b(?:runtime token for ghac|ACTIONS_RUNTIME_TOKEN) not found, maybe not in github action environment`, exposeRuntime, Doctor),
		certain("runtime-url-missing", "no URL of the cache service was given, as by a step that does not see ACTIONS_RESULTS_URL, or to a BuildKit before 0.20",
			bare, `^url not set for github actions cache$|^Cache Service Url not found, unable to restore cache|^Unable to get (?:the )?ACTIONS_(?:RESULTS|CACHE|RUNTIME)_URL env variable$|\b(?:cache url for ghac|ACTIONS_(?:CACHE|RESULTS)_URL) not found(?:, maybe not in github action environment|$)`, exposeRuntime, updateBuilder, Doctor),
		probable("runtime-url-missing", "no URL of the cache service was given, as by a runner or a server without a cache service",
			said, `^The runner was not able to contact the cache service|^(?:Cache action|Caching) is (?:only|not) supported on GHES\b|^@actions/cache v\S+ .*not currently supported on GHES`,
			Doctor, "ghe-actions-check -s blob   # on GitHub Enterprise Server, where Actions needs storage for caches; as its administrator"),
		certain("token-expired", "the runtime token has expired, by the clock of the builder",
			bare, `^cache token expired at \d`, Retry, "split the job, so that the build starts within its first hours", "date -u   # on the machine that runs BuildKit"),
		certain("token-not-yet-valid", "the runtime token is not valid yet, by the clock of the builder",
			build, `^invalid token with future issue time`, "timedatectl set-ntp true   # on the machine that runs BuildKit"),
		certain("token-without-scopes", "the runtime token has no access controls (claim ac) that can be read",
			said, `^invalid token with(?:out access controls| access controls type)|^failed to parse token access controls|^Cannot parse GitHub Actions Runtime Token ACs`,
			updateServer+": its tokens need the claim ac", Doctor),
		certain("token-malformed", "the runtime token is not a JWT: the variable is empty or masked, or its server makes tokens of another kind",
			said, `^invalid token with(?:out (?:claims map|expiration time)| expiration time type )|^(?:token is (?:malformed|unverifiable)|token contains an invalid number of segments)|^Cannot parse GitHub Actions Runtime Token: Invalid token`,
			updateServer, exposeRuntime, Doctor),
		certain("signature", "BuildKit is configured to sign or verify gha caches, and that failed",
			build, `^missing signature for github actions cache|^signature verification failed: |^no verifier available for signed github actions cache|^signing command failed: `,
			"check the section of the gha cache in buildkitd.toml", "docker ghacache prune --scope SCOPE   # deletes an unsigned cache"),
	}
}

// optionCauses are those that lie with how the cache was asked for.
func optionCauses() []Cause {
	return []Cause{
		certain("option-quoted", "the type of the cache option did not arrive as gha: quotes, spaces or capitals that do not belong there",
			build, `^unknown cache (?:exporter|importer): [\\"' ]*(?i:gha)(?:\W|$)`, "--cache-to type=gha,mode=max   # lower case, no space, no inner quotes"),
		certain("option-without-type", "the cache option has no type",
			said, `^type required for ".*(?:gha|mode|scope)|^invalid value gha$`, "--cache-to type=gha,mode=max"),
		certain("gha-as-reference", "gha was given without type=, so buildx took it for the name of an image in a registry",
			bare, `^#\d+ \[auth\] library/gha:p|^#\d+ (?:\[\S+\] )?importing cache manifest from gha$|^(?:\[\S+\] )?importing cache manifest from gha:$`,
			"--cache-to type=gha --cache-from type=gha").provedBy(`importing cache manifest`).leadsTo(otherCause),
		probable("option-as-reference", "a cache option was taken for the name of an image: type=gha is missing, or was split at its commas",
			build, `^(?:cache option|failed to configure registry cache (?:ex|im)porter): invalid reference format`, "--cache-to type=gha,mode=max   # one argument, each option with its own --cache-to"),
		certain("option-version", "version= of the cache option is not a number",
			build, `^failed to parse api version ".*", expected positive integer`, "version=2"),
		certain("option-timeout", "timeout= of the cache option is not a duration",
			build, `^failed to parse timeout for github actions cache`, "timeout=20m"),
		certain("option-duplicate", "the same gha cache is exported twice",
			build, `^duplicate cache exports \[.*\bgha\b`, "give --cache-to type=gha once, or each its own scope="),
		certain("url-invalid", "the URL of the cache service is not a valid one, as without a scheme or the slash at its end",
			said, `^parse "[^"]*(?:twirp/|_apis/)[^"]*": |^(?:Get|Post) "https?://[^/"]*twirp/|^(?:Get|Post) "[^"]*(?:CacheService/|_apis/artifactcache/)[^"]*": (?:unsupported protocol scheme|http: no Host in request URL)|`+toolkit+`(?:TypeError: )?(?:Invalid URL|Only absolute URLs are supported)`,
			"ACTIONS_RESULTS_URL=http://HOST:PORT/   # scheme in front, slash at the end", Doctor),
	}
}
