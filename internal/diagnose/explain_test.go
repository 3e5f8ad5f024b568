package diagnose_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/diagnose"
)

// realLogs are texts from the threads named beside them. Where no thread is named, the text is composed from the format in
// the source that prints it.
var realLogs = []struct {
	name, source, log, want string
}{
	{"the shut-down service, as build-push-action shows it", "https://github.com/GIScience/openrouteservice/issues/2032", `
#23 exporting to GitHub Actions Cache
#23 preparing build cache for export
#23 preparing build cache for export 6.9s done
#23 ERROR: This legacy service is shutting down, effective April 15, 2025. Migrate to the new service ASAP. For more information: https://gh.io/gha-cache-sunset
------
 > importing cache manifest from gha:15381314327497081110:
------
------
 > exporting to GitHub Actions Cache:
------
ERROR: failed to solve: This legacy service is shutting down, effective April 15, 2025. Migrate to the new service ASAP. For more information: https://gh.io/gha-cache-sunset
Error: buildx failed with: ERROR: failed to solve: This legacy service is shutting down, effective April 15, 2025. Migrate to the new service ASAP. For more information: https://gh.io/gha-cache-sunset`, "v1-sunset"},
	{"the shut-down service, through another builder", "https://github.com/depot/build-push-action/issues/35",
		`Error: failed with: Error: failed to solve: This legacy service is shutting down, effective April 15, 2025. Migrate to the new service ASAP. For more information: https://gh.io/gha-cache-sunset`, "v1-sunset"},
	{"the shut-down service, alone", "https://github.com/docker/build-push-action/issues/1345",
		`This legacy service is shutting down, effective April 15, 2025. Migrate to the new service ASAP. For more information: https://gh.io/gha-cache-sunset`, "v1-sunset"},
	{"the shut-down service, in a reply as it is", "https://github.com/apache/opendal/pull/6034",
		`test panicked: write must succeed: Unexpected (persistent) at write => {"$id":"1","innerException":null,"message":"This legacy service is shutting down, effective April 15, 2025. Migrate to the new service ASAP. For more information: https://gh.io/gha-cache-sunset","typeName":"Microsoft.Azure.DevOps.ArtifactCache.WebApi.ArtifactCacheServiceDecommissionedException, Microsoft.Azure.DevOps.ArtifactCache.WebApi","typeKey":"ArtifactCacheServiceDecommissionedException","errorCode":0,"eventId":3000}`, "v1-sunset"},
	{"the shut-down service, to an old action", "https://github.com/Swatinem/rust-cache/issues/244",
		`Failed to save: Unable to reserve cache with key semver-preflight-93c4e40f0b737772, another job may be creating this cache. More details: This legacy service is shutting down, effective April 15, 2025. Migrate to the new service ASAP. For more information: https://gh.io/gha-cache-sunset`, "v1-sunset-action"},
	{"a deprecated actions/cache by version", "https://github.com/rust-starter/rust-starter/issues/54",
		"Error: This request has been automatically failed because it uses a deprecated version of `actions/cache: v2`. Please update your workflow to use v3/v4 of actions/cache to avoid interruptions.", "actions-cache-deprecated"},
	{"a deprecated actions/cache by SHA", "https://github.com/carbon-language/carbon-lang/pull/4890",
		"##[error]This request has been automatically failed because it uses a deprecated version of `actions/cache: 0c45773b623bea8c8e75f6c82b208c3cf94ea4f9`.", "actions-cache-deprecated"},
	{"a 422 to an old toolkit", "https://github.com/jurplel/install-qt-action/issues/286",
		`Warning: Failed to restore: Cache service responded with 422`, "v1-refused"},
	{"a v1 host of github.com", "https://github.com/docker/build-push-action/issues/939",
		`Error: buildx failed with: ERROR: failed to solve: error writing layer blob: Patch "https://acghubeus1.actions.githubusercontent.com/5N3JStGpyutUxUNE6d0DiRJnZQnrlB8wC9uh9kIr6Mh2GUFhf9/_apis/artifactcache/caches/11895": read tcp 172.17.0.2:42302->185.199.109.154:443: use of closed network connection`, "v1-endpoint"},
	{"a v1 host of github.com, masked", "https://github.com/docker/buildx/issues/687",
		`#32 ERROR: Get "https://artifactcache.actions.githubusercontent.com/[...]/_apis/artifactcache/cache?keys=buildkit-blob-1-sha256%3A[...]&version=[...]": read tcp 172.17.0.2:34032->13.107.42.16:443: read: connection reset by peer`, "v1-endpoint"},

	{"a relay whose token the service refuses", "internal/relay blob.go, internal/cacheclient service.go",
		`ERROR: failed to build: failed to solve: error writing layer blob: sending cache "buildkit-blob-1-sha256:98349fcafa1f15833aff0121771eba82d4856e334e068852793511fb7053cf56": CreateCacheEntry: 403 Forbidden: permission denied`, "token-rejected"},
	{"a relay with a token that reads only", "internal/relay blob.go, internal/cacheclient service.go",
		`ERROR: failed to build: failed to solve: error writing layer blob: sending cache "buildkit-blob-1-sha256:98349f": CreateCacheEntry: 403 Forbidden: cache write denied: no scope`, "read-only-token"},
	{"a relay whose service fails", "internal/relay index.go, internal/cacheclient service.go",
		`ERROR: failed to build: failed to solve: not writing the index: sending cache "buildkit-blob-1-sha256:98349f": FinalizeCacheEntryUpload: 500 Internal Server Error: injected fault`, "service-down"},
	{"a relay that the service throttles", "internal/cacheclient service.go",
		`ERROR: failed to build: failed to solve: error writing layer blob: sending cache "buildkit-blob-1-sha256:98349f": CreateCacheEntry: 429 Too Many Requests: slow down`, "throttled"},
	{"a relay whose layer is refused", "internal/relay index.go, internal/cacheclient blobwriter.go",
		`ERROR: failed to build: failed to solve: error writing layer blob: sending cache "buildkit-blob-1-sha256:98349f": PUT: 403 Forbidden: <?xml version="1.0" encoding="UTF-8"?> <Error><Code>InternalError</Code></Error>`, "blob-refused"},
	{"a relay whose URL to upload a layer has expired", "internal/cacheclient service.go",
		`ERROR: failed to build: failed to solve: not writing the index: sending cache "buildkit-blob-1-sha256:98349f": PUT: 403 Forbidden: <?xml version="1.0" encoding="utf-8"?><Error><Code>AuthenticationFailed</Code><Message>Server failed to authenticate the request.</Message><AuthenticationErrorDetail>Signature not valid in the specified time frame</AuthenticationErrorDetail></Error>`, "upload-url-expired"},
	{"a relay whose blob storage fails", "internal/cacheclient service.go",
		`ERROR: failed to build: failed to solve: not writing the index: sending cache "buildkit-blob-1-sha256:98349f": PUT: 503 Service Unavailable: <Error><Code>ServerBusy</Code></Error>`, "blob-storage-error"},
	{"a relay whose service hangs up", "internal/cacheclient service.go",
		`ERROR: failed to build: failed to solve: error writing layer blob: sending cache "buildkit-blob-1-sha256:98349f": Post "http://127.0.0.1:1/twirp/github.actions.results.api.v1.CacheService/CreateCacheEntry": EOF`, "connection-broken"},

	{"no runtime URL", "https://github.com/moby/buildkit/issues/2706",
		`error: failed to solve: url not set for github actions cache`, "runtime-url-missing"},
	{"no runtime token", "buildkit cache/remotecache/gha/gha.go getConfig",
		`ERROR: failed to build: failed to solve: failed to configure gha cache exporter: token not set for github actions cache`, "runtime-token-missing"},
	{"an expired token", "go-actions-cache cache.go New",
		`ERROR: failed to solve: failed to configure gha cache exporter: cache token expired at 2025-06-11 16:10:15 +0000 UTC`, "token-expired"},
	{"a clock that is behind", "go-actions-cache cache.go New",
		`ERROR: failed to solve: failed to configure gha cache exporter: invalid token with future issue time time 2025-06-11 16:10:15 +0000 UTC`, "token-not-yet-valid"},
	{"a token without ac, on Gitea", "https://github.com/go-gitea/gitea/pull/29584",
		`| ERROR: failed to solve: failed to configure gha cache exporter: invalid token without access controls
##[error]buildx failed with: ERROR: failed to solve: failed to configure gha cache exporter: invalid token without access controls`, "token-without-scopes"},
	{"the action's warning about such a token", "https://github.com/go-gitea/gitea/pull/29584",
		`##[warning]Cannot parse GitHub Actions Runtime Token ACs: "undefined" is not valid JSON`, "token-without-scopes"},
	{"an opaque token, on an older Gitea", "https://github.com/moby/buildkit/issues/4409",
		`::error::buildx failed with: ERROR: failed to solve: failed to configure gha cache exporter: token contains an invalid number of segments`, "token-malformed"},
	{"an opaque token, to today's parser", "golang-jwt v5 parser.go ParseUnverified",
		`ERROR: failed to solve: failed to configure gha cache importer: token is malformed: token contains an invalid number of segments`, "token-malformed"},

	{"the docker driver", "https://github.com/flanksource/config-db/pull/1751", `
/usr/bin/docker buildx build --cache-from type=gha --cache-to type=gha,mode=max --file ./build/Dockerfile --push .
ERROR: failed to build: Cache export is not supported for the docker driver.
Switch to a different driver, or turn on the containerd image store, and try again.
Learn more at https://docs.docker.com/go/build-cache-backends/`, "docker-driver"},
	{"the docker driver, of which the action shows the last line", "https://github.com/flanksource/config-db/pull/1751",
		`Error: buildx failed with: Learn more at https://docs.docker.com/go/build-cache-backends/`, "docker-driver-action"},
	{"the docker driver, to an old buildx", "https://github.com/docker/docs/issues/14155",
		`Error: buildx failed with: error: cache export feature is currently not supported for docker driver. Please switch to a different driver (eg. "docker buildx create --use")`, "docker-driver"},
	{"an unknown builder", "buildx store/storeutil/storeutil.go GetNodeGroup",
		`ERROR: no builder "mybuilder" found`, "builder-missing"},
	{"no buildx", "https://github.com/docker/buildx/issues/57",
		`docker: 'buildx' is not a docker command.`, "buildx-missing"},
	{"no buildx, to a CLI that blames the flag", "https://github.com/docker/cli/issues/6437",
		"unknown flag: --cache-to\n\nUsage:  docker [OPTIONS] COMMAND [ARG...]", "buildx-missing"},
	{"a BuildKit without gha", "buildkit control/control.go Solve",
		`ERROR: failed to solve: unknown cache exporter: "gha"`, "gha-unknown-to-buildkit"},
	{"quotes inside the option", "https://github.com/docker/bake-action/issues/306",
		`ERROR: failed to solve: unknown cache exporter: "gha,mode=max"`, "option-quoted"},
	{"an option without type", "buildx util/buildflags/cache.go",
		`ERROR: type required for "mode=max,scope=app"`, "option-without-type"},
	{"a type without type=", "buildx util/buildflags/cache.go",
		`ERROR: invalid value gha`, "option-without-type"},
	{"gha without type=", "https://github.com/docker/build-push-action/issues/869", `
#19 [auth] library/gha:pull,push token for registry-1.docker.io
#19 DONE 0.0s
------
 > importing cache manifest from gha:
------
ERROR: failed to solve: error writing layer blob: failed to authorize: failed to fetch oauth token: unexpected status: 401 Unauthorized`, "gha-as-reference"},
	{"an option split at its commas", "buildkit cache/remotecache/registry/registry.go canonicalizeRef",
		`ERROR: failed to solve: failed to configure registry cache exporter: invalid reference format`, "option-as-reference"},
	{"a version that is no number", "buildkit cache/remotecache/gha/gha.go getConfig",
		`ERROR: failed to solve: failed to configure gha cache exporter: failed to parse api version "yes", expected positive integer: strconv.ParseInt: parsing "yes": invalid syntax`, "option-version"},
	{"a timeout that is no duration", "buildkit cache/remotecache/gha/gha.go getConfig",
		`ERROR: failed to solve: failed to configure gha cache exporter: failed to parse timeout for github actions cache: time: missing unit in duration "600"`, "option-timeout"},
	{"the same export twice", "buildkit control/control.go Solve",
		`ERROR: failed to solve: duplicate cache exports [gha]`, "option-duplicate"},
	{"a URL without its last slash", "https://github.com/falcondev-oss/github-actions-cache-server/issues/152", `
#34 exporting to GitHub Actions Cache
#34 preparing build cache for export 41.0s done
#34 ERROR: parse "http://actions-cache.actions-runner-system.svc.cluster.local:3000twirp/github.actions.results.api.v1.CacheService/GetCacheEntryDownloadURL": invalid port ":3000twirp" after host`, "url-invalid"},
	{"a URL without its last slash, on ghe.com", "https://github.com/docker/build-push-action/issues/1382",
		`ERROR: failed to solve: Post "https://results-receiver.actions.***.ghe.comtwirp/github.actions.results.api.v1.CacheService/GetCacheEntryDownloadURL": dial tcp: lookup results-receiver.actions.***..ghe.comtwirp on 168.63.129.16:53: no such host`, "url-invalid"},
	{"a missing signature", "buildkit cache/remotecache/gha/gha.go loadScope",
		`#7 ERROR: missing signature for github actions cache`, "signature"},

	{"a read-only token, to the toolkit", "https://github.com/saeedkolivand/ai-job-hunter-app/pull/642",
		`Cache reservation failed: cache write denied: token has no writable scopes`, "read-only-token"},
	{"a read-only token, to actions/cache", "https://github.com/actions/cache/pull/1768",
		`Warning: Failed to save: cache write denied: token has no writable scopes`, "read-only-token"},
	{"a read-only token, to the toolkit of 2020", "https://github.com/actions/cache/issues/251",
		`##[warning]No scopes with write permission were found on the request.`, "read-only-token"},
	{"a token without read permission", "https://github.com/actions/cache/issues/251",
		`##[warning]No scopes with read permission were found on the request.`, "read-denied"},
	{"a refused reservation", "https://github.com/thekoma/ilpostapi/pull/255",
		`ERROR: failed to build: failed to solve: error writing layer blob: failed to reserve cache`, "reserve-refused"},
	{"a refused commit", "go-actions-cache cache_v2.go commitV2",
		`ERROR: failed to build: failed to solve: error writing layer blob: failed to commit cache`, "commit-refused"},
	{"a denial of which go-actions-cache keeps the code", "go-actions-cache cache.go checkResponse",
		`#14 ERROR: permission_denied`, "token-rejected"},
	{"an entry lost between reservation and end", "https://github.com/lance0/rustbgpd/pull/466",
		`ERROR: failed to solve: error writing layer blob: not_found`, "entry-lost"},
	{"an internal error of which go-actions-cache keeps the code", "go-actions-cache cache.go checkResponse",
		`ERROR: failed to solve: error writing layer blob: internal`, "service-down"},

	{"throttling, in an unparsed reply", "https://github.com/moby/buildkit/issues/2276",
		`#19 ERROR: error writing layer blob: failed to parse error response 429: {"$id":"1","innerException":null,"message":"Request was blocked due to exceeding usage of resource 'Count' in namespace ''.","typeName":"Microsoft.TeamFoundation.Framework.Server.RequestBlockedException, Microsoft.TeamFoundation.Framework.Server","typeKey":"RequestBlockedException","errorCode":0,"eventId":3000}: invalid character 'ï' looking for beginning of value`, "throttled"},
	{"throttling, to actions/cache", "https://github.com/actions/cache/issues/1758", `
Warning: You've hit a rate limit, your rate limit will reset in 18 seconds
Warning: Failed to restore: Failed to GetCacheEntryDownloadURL: Rate limited: Failed request: (429) Too Many Requests: rate limit exceeded`, "throttled"},
	{"throttling, to an older toolkit", "https://github.com/actions/cache/issues/1163",
		`Warning: Failed to restore: Cache service responded with 429`, "throttled"},
	{"throttling, as a Twirp code", "go-actions-cache cache.go checkResponse",
		`ERROR: failed to solve: maximum timeout reached: resource_exhausted`, "throttled-too-long"},
	{"throttling until BuildKit gave up", "https://github.com/moby/buildkit/issues/2492", `
#20 preparing build cache for export 307.8s done
#20 ERROR: maximum timeout reached
------
 > exporting to GitHub cache:
------
ERROR: failed to solve: maximum timeout reached
Error: buildx failed with: ERROR: failed to solve: maximum timeout reached`, "throttled-too-long"},
	{"the same on a layer", "https://github.com/kubeflow/trainer/pull/2053",
		`#7 ERROR: error writing layer blob: maximum timeout reached`, "throttled-too-long"},
	{"the same at the end of an upload", "https://github.com/docker/buildx/issues/841",
		`buildx failed with: error: failed to solve: error writing layer blob: error committing cache 66034: maximum timeout reached`, "throttled-too-long"},
	{"the same with bake", "https://github.com/moby/moby/pull/44168",
		`Error: buildx bake failed with: ERROR: failed to solve: maximum timeout reached`, "throttled-too-long"},
	{"the same in buildkitd's log", "https://github.com/moby/moby/pull/44170",
		`  time="2022-09-21T21:40:33Z" level=error msg="/moby.buildkit.v1.Control/Solve returned error: rpc error: code = Unknown desc = maximum timeout reached\n"`, "throttled-too-long"},
	{"the same on a target of bake", "https://github.com/docker/buildx/pull/2651",
		`ERROR: target app: failed to solve: maximum timeout reached`, "throttled-too-long"},
	{"the same on an import, in buildkitd's debug log", "buildkit solver/llbsolver/bridge.go",
		`time="2025-06-11T10:00:55Z" level=debug msg="error while importing cache manifest from cmId=gha:15381314327497081110: maximum timeout reached"`, "throttled-too-long"},
	{"a Retry-After beyond the timeout", "go-actions-cache cache.go sleepWithTimeout",
		`ERROR: failed to solve: error writing layer blob: requested delay 700.00s exceeds maximum timeout 9m59.9s: resource_exhausted`, "throttled-too-long"},
	{"an outage as HTML", "https://github.com/grafana/synthetic-monitoring-agent/pull/1461",
		`#18 ERROR: failed to parse error response 400: <h2>Our services aren't available right now</h2><p>We're working to restore all services as soon as possible. Please check back soon.</p>01nevaAAAAABlb/82nD9PSbLV+3TWGtueU1RCRURHRTAxMDYARWRnZQ==: invalid character '<' looking for beginning of value`, "html-400"},
	{"an outage as a sentence", "https://github.com/docker/build-push-action/issues/632",
		`#5 ERROR: GitHub Actions is temporarily unavailable. Please visit https://www.githubstatus.com/ for the status of our services.`, "service-down"},
	{"an outage as a 503", "https://github.com/docker/build-push-action/issues/515",
		`#58 ERROR: failed to parse error response 503: { 'message': 'GitHub Actions is temporarily unavailable. Please visit https://www.githubstatus.com/ for the status of our services.', 'ref': 'Ref A: 9EAC256566594DE4B12BE39604AC0A81' }: invalid character '\'' looking for beginning of object key string`, "service-down"},
	{"an outage to actions/cache", "https://github.com/actions/cache/issues/1296",
		`Warning: Failed to save: uploadChunk (start: 201326592, end: 234881023) failed: Cache service responded with 503`, "service-down"},
	{"a quota that is used up", "actions/toolkit packages/cache/src/internal/shared/errors.ts UsageError",
		`Warning: Failed to save: Cache storage quota has been hit. Unable to upload any new cache entries. Usage is recalculated every 6-12 hours.`, "quota-full"},
	{"trouble with a cache, and another error", "the toolkit's warning before a build that fails", `
Warning: Failed to restore: Cache service responded with 503
ERROR: failed to build: failed to solve: process "/bin/sh -c make" did not complete successfully: exit code: 2`, "another-error"},
	{"the storage's limit", "https://github.com/moby/buildkit/issues/2836",
		`ERROR: failed to solve: failed to compute cache key: failed to copy: invalid status response 503 Egress is over the account limit. for https://x.blob.core.windows.net/a/b?sig=UHedvKKwbuWt%3D`, "egress-limit"},
	{"no such service", "go-actions-cache cache.go checkResponse against GitHub Enterprise Server",
		`#9 ERROR: failed to parse error response 404: 404 page not found
: invalid character 'p' after top-level value`, "no-such-service"},
	{"no such service, to actions/cache", "https://github.com/actions/cache/issues/1541",
		`Warning: Failed to save: Failed to CreateCacheEntry: Received non-retryable error: Failed request: (404) Not Found: invalid request`, "no-such-service"},
	{"no such service, on GitHub Enterprise Server", "https://github.com/redhat-actions/openshift-tools-installer/issues/17",
		`Error: Error: Cache service responded with 404`, "no-such-service"},
	{"a page in place of JSON", "encoding/json, of a proxy's page with status 200", `
#9 importing cache manifest from gha:15381314327497081110
#9 ERROR: invalid character '<' looking for beginning of value`, "not-json"},
	{"a certificate that GitHub Enterprise Server lost", "https://github.com/actions/cache/issues/1384",
		`#21 ERROR: Signing certificate with thumbprint 943DC3545AEC524FF3E4C1FC45CE22256D24C501 not found in store /etc/certificates. See https://aka.ms/actionsDbBackups for possible mitigation.`, "ghes-certificate"},

	{"an expired URL under v2", "https://github.com/docker/bake-action/issues/313", `
#44 pushing layers 1.0s done
#44 ERROR: failed to push  ghcr.io/o/r:3.12.1-ubi9: failed to copy: GET https://productionresultssa5.blob.core.windows.net/actions-cache/7e0-271151296
--------------------------------------------------------------------------------
RESPONSE 403: 403 Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature.
ERROR CODE: AuthenticationFailed
--------------------------------------------------------------------------------`, "url-expired"},
	{"an expired URL under v1", "https://github.com/moby/buildkit/issues/3239",
		`ERROR: failed to solve: failed to copy: invalid status response 403 Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature. for https://kv4gacprodeus2file3.blob.core.windows.net/45dadb29c9d54e349eaa532551cfbf87/d096ffd0f157ed11819c0022482239a7?sv=2019-07-07&sr=b&sig=UHedvKKwbuWtmxx7ZqtX%2BhQ0CCn8NzR%2Bc7yz0kLl23A%3D&se=2022-10-30T15%3A44%3A48Z&sp=r`, "url-expired"},
	{"an upload of more than an hour", "https://github.com/open-noodle/gallery/pull/806", `
#22 ERROR: error writing layer blob: PUT https://productionresultssa1.blob.core.windows.net/actions-cache/ccc-5871254372
--------------------------------------------------------------------------------
RESPONSE 403: 403 Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature.
ERROR CODE: AuthenticationFailed`, "upload-url-expired"},
	{"an upload with a signature that a proxy spoiled", "https://learn.microsoft.com/rest/api/storageservices/authorization-error-codes", `
#22 ERROR: error writing layer blob: PUT https://productionresultssa1.blob.core.windows.net/actions-cache/ccc-5871254372
--------------------------------------------------------------------------------
RESPONSE 403: 403 Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature.
ERROR CODE: AuthenticationFailed
--------------------------------------------------------------------------------
<?xml version="1.0" encoding="utf-8"?><Error><Code>AuthenticationFailed</Code><Message>Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature.
RequestId:6f5b2a1c-001e-0052-0c7a-2b1d4e000000
Time:2026-03-02T10:11:12.1234567Z</Message><AuthenticationErrorDetail>Signature did not match. String to sign used was cw</AuthenticationErrorDetail></Error>
--------------------------------------------------------------------------------`, "url-signature"},
	{"an upload that something forbids", "internal/e2e, by the embedded service's fault injection", `
#9 ERROR: error writing layer blob: PUT http://127.0.0.1:41645/devstoreaccount1/cache/1
--------------------------------------------------------------------------------
RESPONSE 403: 403 Forbidden
ERROR CODE: InternalError
--------------------------------------------------------------------------------
<?xml version="1.0" encoding="UTF-8"?>
<Error><Code>InternalError</Code><Message>injected fault: Forbidden</Message></Error>
--------------------------------------------------------------------------------`, "blob-refused"},
	{"a blob that is gone from the storage", "https://github.com/product-os/flowzone/pull/1523", `
ERROR: failed to solve: error writing layer blob: GET https://productionresultssa16.blob.core.windows.net/actions-cache/d00-700429531
--------------------------------------------------------------------------------
RESPONSE 404: 404 The specified blob does not exist.
ERROR CODE: BlobNotFound`, "layer-evicted"},
	{"a blob that is gone from a server of one's own", "https://github.com/falcondev-oss/github-actions-cache-server/pull/230", `
#9 ERROR: failed to copy: GET http://gha-cache-server/download/5d5c3a10-51e5-4f5c-8d29-d3a0c7d2a1b1
--------------------------------------------------------------------------------
RESPONSE 404: 404 Server Error`, "layer-evicted"},
	{"a layer that is gone", "https://github.com/moby/buildkit/issues/2426",
		`error: failed to solve: blob sha256:1fb11dfd9b348fa84eaf1fafa57a7ee992b6d010f1df82ada3ccd399845fc37f not found`, "layer-evicted"},
	{"a layer that is gone, masked", "https://github.com/docker/buildx/issues/3374",
		`ERROR: failed to solve: blob sha256:*** not found`, "layer-evicted"},
	{"a layer that is gone, in today's words", "buildkit cache/remotecache/gha/gha.go loadEntry",
		`#12 ERROR: failed to copy: blob sha256:1fb11dfd9b348fa84eaf1fafa57a7ee992b6d010f1df82ada3ccd399845fc37f: not found`, "layer-evicted"},
	{"a layer that is gone, by its key", "https://github.com/moby/buildkit/issues/2332",
		`Error: buildx failed with: error: failed to solve: failed to compute cache key: blob not found`, "layer-evicted"},
	{"a storage that fails", "azcore internal/exported/response_error.go", `
#9 ERROR: failed to copy: GET https://productionresultssa16.blob.core.windows.net/actions-cache/d00-700429531
--------------------------------------------------------------------------------
RESPONSE 503: 503 The server is busy.
ERROR CODE: ServerBusy`, "blob-storage-error"},

	{"a service on the host's loopback", "BuildKit in a container against a local service",
		`#5 ERROR: Post "http://127.0.0.1:41230/twirp/github.actions.results.api.v1.CacheService/GetCacheEntryDownloadURL": dial tcp 127.0.0.1:41230: connect: connection refused`, "loopback-refused"},
	{"a service on the loopback of Windows", "net on Windows",
		`#5 ERROR: Post "http://127.0.0.1:41230/twirp/github.actions.results.api.v1.CacheService/GetCacheEntryDownloadURL": dial tcp 127.0.0.1:41230: connectex: No connection could be made because the target machine actively refused it.`, "loopback-refused"},
	{"a service that does not listen", "net, against GitHub Enterprise Server",
		`ERROR: failed to solve: Get "https://ghes.example.com/_services/artifactcache/abc/_apis/artifactcache/cache?keys=a&version=b": dial tcp 10.1.2.3:443: connect: connection refused`, "connection-refused"},
	{"a proxy that fails", "net/http transport.go",
		`#5 ERROR: Post "https://results-receiver.actions.githubusercontent.com/twirp/github.actions.results.api.v1.CacheService/GetCacheEntryDownloadURL": proxyconnect tcp: dial tcp 10.0.0.1:3128: connect: connection refused`, "proxy"},
	{"a name that does not resolve", "net dnsclient",
		`#5 ERROR: Post "https://results-receiver.actions.githubusercontent.com/twirp/github.actions.results.api.v1.CacheService/GetCacheEntryDownloadURL": dial tcp: lookup results-receiver.actions.githubusercontent.com on 10.0.0.2:53: no such host`, "dns"},
	{"a certificate of a company", "https://github.com/docker/build-push-action/issues/1101",
		`#5 ERROR: Get "https://ghes.example.com/_services/artifactcache/abc/_apis/artifactcache/cache?keys=a": tls: failed to verify certificate: x509: certificate signed by unknown authority`, "tls"},
	{"a certificate of another time", "crypto/x509 verify.go",
		`#5 ERROR: Post "https://cache.example.com/twirp/github.actions.results.api.v1.CacheService/GetCacheEntryDownloadURL": tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time 2026-03-02T10:11:12Z is after 2026-03-01T00:00:00Z`, "tls-failed"},
	{"a URL of another scheme", "net/http transport.go",
		`#6 ERROR: Post "https://127.0.0.1:41209/twirp/github.actions.results.api.v1.CacheService/GetCacheEntryDownloadURL": http: server gave HTTP response to HTTPS client`, "no-tls"},
	{"a service that does not answer", "https://github.com/ThalesGroup/fred/pull/2502", `
#20 exporting to GitHub Actions Cache
#20 preparing build cache for export 25.2s done
#20 sending cache export 30.0s done
#20 ERROR: Post ".../CacheService/GetCacheEntryDownloadURL": dial tcp 140.82.112.21:443: i/o timeout
ERROR: failed to build: failed to solve: DeadlineExceeded`, "network-timeout"},
	{"a handshake that does not end", "https://github.com/docker/build-push-action/issues/975",
		`Error: buildx failed with: ERROR: failed to solve: Get "https://ghes.example.com/qwer1234/_apis/artifactcache/cache?keys=buildkit-blob-1-sha256%qwer1234&version=1234": net/http: TLS handshake timeout`, "network-timeout"},
	{"a connection that breaks", "https://github.com/docker/buildx/issues/687, against v2",
		`#32 ERROR: Post "https://results-receiver.actions.githubusercontent.com/twirp/github.actions.results.api.v1.CacheService/CreateCacheEntry": read tcp 172.17.0.2:34032->13.107.42.16:443: read: connection reset by peer`, "connection-broken"},

	{"a used-up REST API", "https://github.com/cli/cli pkg/cmd/cache",
		`Error: HTTP 403: API rate limit exceeded for installation ID 123. (https://api.github.com/repos/o/r/actions/caches?per_page=100)`, "rest-rate-limit"},
	{"a REST token without permission", "https://docs.github.com/rest/actions/cache",
		`error: DELETE https://api.github.com/repos/o/r/actions/caches/12: 403 Resource not accessible by integration []`, "rest-permission"},
	{"a listing that BuildKit could not read", "buildkit cache/remotecache/gha/gha.go initActiveKeyMap",
		`time="2025-06-11T10:00:55Z" level=error msg="error initializing active key map: invalid character '<' looking for beginning of value"`, "rest-listing"},
	{"a key that exists", "https://github.com/azu/github-actions-overwrite-cache-example/issues/1",
		`Failed to save: Unable to reserve cache with key KEY, another job may be creating this cache. More details: Cache already exists. Scope: refs/pull/PR/merge, Key: KEY, Version: 32469cd0a0171f4072572dbbdd99cf227a78adb8e7a91bdebb481b28c3b05083`, "key-exists"},
	{"a full disk", "https://github.com/guacsec/guac/issues/2832",
		`    │ ERROR: failed to build: failed to solve: ResourceExhausted: write /var/lib/docker/overlay2/yp9tg0uq1ufym66lbal7o82n2/diff/guacone-linux-arm64: no space left on device
ERROR: failed to build: failed to solve: ResourceExhausted: write /var/lib/docker/overlay2/yp9tg0uq1ufym66lbal7o82n2/diff/guacone-linux-arm64: no space left on device`, "disk-full"},
	{"a full disk during the export", "https://github.com/rocker-org/rocker-versioned2/pull/813",
		`#60 ERROR: mount callback failed on /tmp/containerd-mount3300003192: mount callback failed on /tmp/containerd-mount2529497484: failed to write compressed diff: failed to create diff tar stream: failed to copy: write /var/lib/buildkit/runc-overlayfs/content/ingest/693b8df03444e992ae900c05824dc3edea63723ab0d15dec82a99a5f9071aeb4/data: no space left on device`, "disk-full"},
	{"a full disk before BuildKit's wrappers were many", "https://github.com/envoyproxy/envoy/issues/20619",
		`error: failed to solve: failed to create temp dir: mkdir /tmp/containerd-mount2182378471: no space left on device`, "disk-full"},
	{"a full disk of a registry", "containerd core/remotes/errors errors.go, of a registry's reply",
		`#9 ERROR: failed to push registry.example.com/app: unknown: write /var/lib/registry/docker/registry/v2/repositories/app/_uploads/1/data: no space left on device`, "disk-full-somewhere"},
	{"a BuildKit that died", "https://github.com/falcondev-oss/github-actions-cache-server/issues/131", `
#39 writing layer sha256:0516a7ab860e380385049b531bbc87b120af04bd87134bd1736171b563898784
ERROR: failed to receive status: rpc error: code = Unavailable desc = error reading from server: EOF`, "builder-died"},
	{"an export that was torn down", "https://github.com/frecar/epguides-api/pull/306",
		`ERROR: failed to build: failed to receive status: rpc error: code = Unavailable desc = closing transport due to: connection error: EOF, received prior goaway: code: NO_ERROR, debug data: "graceful_stop"`, "builder-died"},
	{"a gha step that fails in unknown words", "any text after ERROR on a step of the gha cache", `
#18 exporting to GitHub Actions Cache
#18 ERROR: the moon is in the wrong phase
ERROR: failed to solve: the moon is in the wrong phase`, "cache-step-failed"},
	{"a cache that buildx dropped", "https://github.com/CERTCC/Vultron/issues/2248", `
+ docker buildx build --cache-to type=gha,mode=max --cache-from type=gha --load -t app .
#0 building with "builder" instance using docker-container driver
#1 [internal] load build definition from Dockerfile
#1 DONE 0.0s
#5 [2/2] RUN make
#5 0.151 cc -o app app.c
#5 DONE 4.1s
#6 exporting to docker image format
#6 DONE 0.4s`, "silently-dropped"},
	{"a cache that buildx dropped from a bake without an output", "buildx build/build.go, warnNoOutput", `
+ docker buildx bake --set *.cache-to=type=gha one two
#0 building with "builder" instance using docker-container driver
#1 [internal] load local bake definitions
#1 DONE 0.0s
#5 [two 2/2] RUN make
#5 DONE 4.1s
WARNING: No output specified for one, two target(s) with docker-container driver. Build result will only remain in the build cache. To push result image into registry use --push or to load image into docker use --load`, "silently-dropped"},
}

func TestExplainKnowsRealTexts(t *testing.T) {
	for _, test := range realLogs {
		t.Run(test.name, func(t *testing.T) {
			got := explain(t, test.log)
			if len(got) == 0 || got[0].Cause.ID != test.want {
				t.Fatalf("%s\n got %+v\nwant %s", test.source, ids(got), test.want)
			}
			checkFinding(t, test.log, got[0])
		})
	}
}

// checkFinding holds a finding against the log it came from.
func checkFinding(t *testing.T, log string, f diagnose.Finding) {
	t.Helper()
	lines := strings.Split(log, "\n")
	if f.Line < 1 || f.Line > len(lines) {
		t.Fatalf("line %d of %d", f.Line, len(lines))
	}
	if f.Evidence == "" {
		t.Error("no evidence")
	}
	if n := len([]rune(f.Evidence)); n > 300 {
		t.Errorf("evidence of %d runes", n)
	}
}

func TestEveryCauseHasARealText(t *testing.T) {
	tested := map[string]bool{}
	for _, test := range realLogs {
		tested[test.want] = true
	}
	for _, test := range situations {
		tested[test.want] = true
	}
	for _, log := range recorded {
		tested[log.failure] = true
	}
	for _, e := range slices.Concat(corpus(t), widened(t)) {
		tested[e.want] = true
	}
	for _, c := range diagnose.Catalogue() {
		if !tested[c.ID] {
			t.Errorf("%s has no test", c.ID)
		}
	}
}

func TestEveryCauseIsComplete(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range diagnose.Catalogue() {
		if seen[c.ID] {
			t.Errorf("%s stands twice", c.ID)
		}
		seen[c.ID] = true
		if c.ID == "" || strings.Trim(c.ID, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			t.Errorf("%q is not kebab-case", c.ID)
		}
		if c.Title == "" || strings.HasSuffix(c.Title, ".") || strings.Contains(c.Title, "\n") {
			t.Errorf("%s: title %q", c.ID, c.Title)
		}
		if len(c.Advice) == 0 {
			t.Errorf("%s: no advice", c.ID)
		}
	}
	if len(seen) < 25 {
		t.Errorf("%d causes, want at least 25", len(seen))
	}
}

// dress is how a line may come: each must be recognised as the bare line is.
var dress = map[string]func(string) string{
	"as it is":                   func(s string) string { return s },
	"with CRLF":                  func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") + "\r\n" },
	"with timestamps of Actions": func(s string) string { return everyLine(s, "2025-04-16T10:00:00.0000000Z ") },
	"from gh run view --log":     func(s string) string { return everyLine(s, "build\tUNKNOWN STEP\t\ufeff2025-04-16T10:00:00.0000000Z ") },
	"in colour":                  func(s string) string { return everyLine(s, "\x1b[31;1m") + "\x1b[0m" },
}

func everyLine(s, prefix string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = prefix + lines[i]
	}
	return strings.Join(lines, "\n")
}

func TestExplainSeesThroughPrefixes(t *testing.T) {
	for name, f := range dress {
		t.Run(name, func(t *testing.T) {
			for _, test := range realLogs {
				got := explain(t, f(test.log))
				if len(got) == 0 || got[0].Cause.ID != test.want {
					t.Errorf("%s: got %v, want %s", test.name, ids(got), test.want)
				}
			}
		})
	}
}

func TestExplainErrorNeedsNoFrame(t *testing.T) {
	for message, want := range map[string]string{
		"maximum timeout reached":                              "throttled-too-long",
		"error writing layer blob: failed to reserve cache":    "reserve-refused",
		"failed to solve: error writing layer blob: not_found": "entry-lost",
	} {
		if got, _ := diagnose.ExplainError(message); got.Cause.ID != want || !got.Fatal {
			t.Errorf("%s: got %+v, want %s", message, got, want)
		}
	}
}

func explain(t *testing.T, log string) []diagnose.Finding {
	t.Helper()
	got, err := diagnose.Explain(strings.NewReader(log))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func ids(fs []diagnose.Finding) []string {
	out := make([]string, len(fs))
	for i, f := range fs {
		out[i] = f.Cause.ID
	}
	return out
}
