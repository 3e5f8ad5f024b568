package diagnose_test

import (
	"strings"
	"testing"
)

// classes are texts that the clients print by their own source, in forms that no excerpt has.
var classes = map[string]string{
	// @actions/cache and @actions/http-client, of several years
	"Warning: Failed to restore: Cache service responded with 502":                                                                                         "service-down",
	"##[warning]Failed to save: Cache service responded with 504 during commit cache.":                                                                     "service-down",
	"::warning::Failed to restore: Failed to GetCacheEntryDownloadURL: Failed to make request after 5 attempts: Failed request: (503) Service Unavailable": "service-down",
	"Warning: Failed to save: Failed to CreateCacheEntry: Failed to make request after 5 attempts: Unable to make request: ECONNRESET":                     "connection-broken",
	"Warning: Failed to save: Failed to CreateCacheEntry: Unable to make request: ETIMEDOUT":                                                               "network-timeout",
	"Warning: Failed to restore: Failed to GetCacheEntryDownloadURL: Unable to make request: ENOTFOUND":                                                    "dns",
	"Warning: Failed to restore: getaddrinfo EAI_AGAIN artifactcache.actions.githubusercontent.com":                                                        "dns",
	"[warning]getCacheEntry failed: connect EHOSTUNREACH 10.0.0.4:443":                                                                                     "connection-refused",
	"Error: getCacheEntry failed: tunneling socket could not be established, statusCode=503":                                                               "proxy",
	"Warning: Failed to restore: getCacheEntry failed: self signed certificate in certificate chain":                                                       "tls",
	"Warning: Failed to restore: downloadCache failed: certificate has expired":                                                                            "tls-failed",
	"Warning: Failed to restore: Incomplete download. Expected file size: 30, actual file size: 10":                                                        "connection-broken",
	"Warning: Failed to restore: downloadSegmentRetry failed due to timeout":                                                                               "network-timeout",
	"Warning: Failed to restore: Aborting cache download as the download time exceeded the timeout.":                                                       "network-timeout",
	"Warning: Failed to save: Failed to FinalizeCacheEntryUpload: Received non-retryable error: Failed request: (401) Unauthorized: token expired":         "token-rejected",
	"Warning: Failed to save: Unable to finalize cache with key k, another job may be finalizing this cache.":                                              "commit-refused",
	"Warning: Failed to save: Cache size of ~10240 MB (10737418241 B) is over the 10GB limit, not saving cache.":                                           "quota-full",
	"Warning: Failed to save: uploadCacheArchiveSDK: internal error uploading cache archive: The server is busy.":                                          "blob-storage-error",
	"Warning: Failed to restore: The specified blob does not exist.":                                                                                       "entry-lost",
	"Warning: Failed to restore: Content-Length not found on blob response":                                                                                "server-incompatible",
	"Warning: Cache reservation failed: cache write denied: token has no writable scopes":                                                                  "read-only-token",
	"Error: Cache Service Url not found, unable to restore cache.":                                                                                         "runtime-url-missing",
	"Post job cleanup.\nWarning: reserveCache failed: Cache service responded with 403":                                                                    "token-rejected",
	"Run actions/cache@v1\n##[warning]read ECONNRESET":                                                                                                     "connection-broken",
	"Run actions/cache/restore@v4\nWarning: getaddrinfo ENOTFOUND cache.local":                                                                             "dns",
	"ℹ️ error: Could not restore cache: Error: getCacheEntry failed: connect ETIMEDOUT 1.2.3.4:443":                                                        "network-timeout",
	"2025-05-27T10:00:00.0Z [cache] WARN could not save: Error: uploadChunk (start: 0, end: 3) failed: Cache service responded with 503":                   "service-down",
	// sccache and OpenDAL
	"sccache: error: Server startup failed: cache storage failed to read: Unexpected (temporary) at read, context: { service: ghac, path: .sccache_check } => send http request, source: error sending request for url (https://results-receiver.actions.githubusercontent.com/): operation timed out": "network-timeout",
	"sccache: warning: cache storage failed to write: RateLimited (temporary) at Writer::close => ":                                                                                                                  "throttled",
	"#12 12.3 sccache: error: Server startup failed: cache storage failed to read: Unexpected (permanent) at read => {\"code\":\"unavailable\",\"msg\":\"x\"}":                                                       "service-down",
	"sccache: error: Server startup failed: cache storage failed to read: PermissionDenied (permanent) at stat => {\"code\":\"permission_denied\",\"msg\":\"\"}":                                                     "token-rejected",
	"sccache: error: Server startup failed: cache storage failed to read: Unexpected (temporary) at read => send http request, source: client error (Connect): tcp connect error: Connection refused (os error 111)": "connection-refused",
	// BuildKit, go-actions-cache and Azure's client
	"#9 exporting to GitHub Actions Cache\n#9 ERROR: error writing layer blob: 429 Too Many Requests":          "throttled",
	"#9 exporting to GitHub Actions Cache\n#9 ERROR: error writing layer blob: 500 Internal Server Error":      "service-down",
	"#9 exporting to GitHub Actions Cache\n#9 ERROR: 403 Forbidden":                                            "token-rejected",
	"ERROR: failed to build: failed to solve: error writing layer blob: unknown error 502 Bad Gateway: <html>": "service-down",
	"ERROR: failed to solve: failed to copy: GET https://productionresultssa3.blob.core.windows.net/actions-cache/a-1 -------------------------------------------------------------------------------- RESPONSE 404: 404 The specified blob does not exist. ERROR CODE: BlobNotFound -----":                "layer-evicted",
	"::error::buildx failed with: ERROR: failed to solve: failed to copy: GET https://productionresultssa3.blob.core.windows.net/actions-cache/a-1%0A--------------------------------------------------------------------------------%0ARESPONSE 503: 503 The server is busy.%0AERROR CODE: ServerBusy%0A": "blob-storage-error",
	`{"error": "failed to copy: GET https://productionresultssa3.blob.core.windows.net/actions-cache/a-1\n----------\nRESPONSE 403: 403 Server failed to authenticate the request.\nERROR CODE: AuthenticationFailed\n"}`:                                                                                  "",
	"ERROR: failed to solve: Post \"https://results-receiver.actions.githubusercontent.com/twirp/github.actions.results.api.v1.CacheService/GetCacheEntryDownloadURL\": net/http: request canceled (Client.Timeout exceeded while awaiting headers)":                                                       "network-timeout",
	"ERROR: failed to solve: Post \"https://results-receiver.actions.githubusercontent.com/twirp/github.actions.results.api.v1.CacheService/CreateCacheEntry\": http2: client connection lost":                                                                                                             "connection-broken",
	// buildx
	"ERROR: failed to find driver \"cloud\"":                          "builder-refused",
	"ERROR: invalid driver option nework for docker-container driver": "builder-refused",
	"ERROR: no running buildkit pods found":                           "builder-not-started",
	"ERROR: failed to build: Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?": "builder-not-started",
	"ERROR: failed to receive status: rpc error: code = Unavailable desc = transport is closing":                                "builder-died",
	"error while calling deploymentClient.Create for \"ci0\": the server has asked for the client to provide credentials\n":     "builder-not-started",
	"ERROR: failed to initialize builder b (b0): setting config file is not supported for remote driver":                        "builder-refused",
	// servers of one's own
	"#9 exporting to GitHub Actions Cache\n#9 ERROR: error writing layer blob: PUT http://cache:3000/upload/17\n--------------------------------------------------------------------------------\nRESPONSE 413: 413 Request Entity Too Large\nERROR CODE UNAVAILABLE\n": "server-incompatible",
	"ERROR: failed to solve: failed to copy: GET http://cache:3000/download/17\n--------------------------------------------------------------------------------\nRESPONSE 502: 502 Bad Gateway\nERROR CODE UNAVAILABLE\n":                                              "blob-storage-error",
	"Warning: Failed to save: Failed to CreateCacheEntry: Received non-retryable error: Failed request: (413) Request Entity Too Large":                                                                                                                                 "server-incompatible",
	"Warning: The runner was not able to contact the cache service. Caching will be skipped":                                                                                                                                                                            "runtime-url-missing",
	"Warning: Cache action is only supported on GHES version >= 3.5. If you are on version >=3.5 Please check with GHES admin if Actions cache service is enabled or not.":                                                                                              "runtime-url-missing",
	"#7 ERROR: failed to copy: stream error: stream ID 7; INTERNAL_ERROR; received from peer":                                                                                                                                                                           "layer-download-broken",
	// in sentences
	"Since Monday our nightly says \"Unable to reserve cache with key deps-1, another job may be creating this cache.\" for each job.": "key-exists",
	"The export step now dies with **error writing layer blob: failed to reserve cache**, see the run.":                                "reserve-refused",
	"we see `ERROR: failed to solve: blob sha256:ab12 not found` in half of the builds":                                                "layer-evicted",
	// what others say in like words
	"Error: Failed to CreateArtifact: Unable to make request: ECONNRESET": "",
	"Attempt 1 of 5 failed with error: read ECONNRESET. Retrying request in 3000 ms...\nError: Failed to FinalizeArtifact: Failed to make request after 5 attempts: read ECONNRESET": "",
	"Warning: Failed to restore: \"/usr/bin/tar\" failed with error: The process '/usr/bin/tar' failed with exit code 2":                                                             "cache-step-failed",
	"Warning: Restore cache failed: Dependencies file is not found in /home/runner/work/x. Supported file pattern: go.sum":                                                           "",
	"Error: Cannot find module '@actions/cache'":                                                                     "",
	"Error: connect ECONNREFUSED 127.0.0.1:6379":                                                                     "",
	"ERROR: failed to solve: failed to read dockerfile: open Dockerfile: no such file or directory":                  "",
	"Error: reserveCache is not a function":                                                                          "",
	"redis: Failed to save: connect ECONNREFUSED 127.0.0.1:6379":                                                     "",
	"Run npm ci\nnpm error network read ECONNRESET":                                                                  "",
	"Run docker/setup-buildx-action@v3\nBooting builder\nWarning: the buildkitd flag is deprecated\nInspect builder": "",
	"buildx ends with `internal` at times":                                                                           "",
	"the gha cache ends with `internal` now":                                                                         "service-down",
	"kubectl: error while calling the API: context deadline exceeded":                                                "",
	"The build fails with \"exit code: 1\" at the step RUN make":                                                     "",
	"ERROR: Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?":       "",
}

func TestTextsOfTheClientsOwnSources(t *testing.T) {
	for text, want := range classes {
		got := explain(t, text)
		if first := strings.Join(ids(got), " "); want == "" && first != "" || want != "" && (len(got) == 0 || got[0].Cause.ID != want) {
			t.Errorf("%.150s: got %q, want %q", text, first, want)
		}
	}
}
