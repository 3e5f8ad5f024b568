package diagnose_test

import "testing"

// ordinary is output that mentions what the catalogue knows and is none of its business.
var ordinary = map[string]string{
	"a compiler and its tests in a RUN step": `
#12 [build 4/6] RUN go test ./...
#12 3.456 --- FAIL: TestUpload (0.00s)
#12 3.456     upload_test.go:31: failed to reserve cache
#12 3.457 ERROR: failed to solve: maximum timeout reached
#12 3.460 write /tmp/x: no space left on device
#12 3.461 Error: blob sha256:abc not found
#12 3.462 This legacy service is shutting down, effective April 15, 2025.
#12 ERROR: process "/bin/sh -c go test ./... # no space left on device" did not complete successfully: exit code: 1
------
 > [build 4/6] RUN go test ./...:
3.460 write /tmp/x: no space left on device
3.461 Error: cache token expired at 2025
------
Dockerfile:12
--------------------
  11 |     COPY . .
  12 | >>> RUN go test ./... # gh.io/gha-cache-sunset no space left on device
--------------------
ERROR: failed to solve: process "/bin/sh -c go test ./... # no space left on device" did not complete successfully: exit code: 1`,
	"go test outside a build": `
=== RUN   TestExpired
    cache_test.go:10: cache token expired at 2025-01-01
    cache_test.go:11: token not set for github actions cache
    cache_test.go:12: maximum timeout reached
--- PASS: TestExpired (0.00s)
panic: failed to reserve cache
FAIL	example.com/cache	0.002s`,
	"a compiler": `
cache.c:12:3: error: 'blob' undeclared; not found
cache.c:13:3: warning: blob not found in this scope
/usr/bin/ld: final link failed: No space left on device
error: no space left on device`,
	"npm on a full disk of another step": `
npm ERR! code ENOSPC
npm ERR! nospc ENOSPC: no space left on device, write
Error: ENOSPC: no space left on device, write`,
	"the pull limit of Docker Hub": `
#3 ERROR: failed to copy: httpReadSeeker: failed open: unexpected status code https://registry-1.docker.io/v2/library/alpine/manifests/sha256:1: 429 Too Many Requests - Server message: toomanyrequests: You have reached your pull rate limit. You may increase the limit by authenticating and upgrading
ERROR: failed to solve: alpine: 429 Too Many Requests - Server message: toomanyrequests: You have reached your pull rate limit.`,
	"an image that does not exist": `
#2 ERROR: docker.io/library/gha:latest: not found
ERROR: failed to solve: pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed`,
	"entitlements that buildx rejects": `
ERROR: additional privileges requested
Your build requested privileges for following possibly insecure capabilities:
 - Reading access to local path "/tmp/cache"`,
	"a registry cache": `
#9 importing cache manifest from ghcr.io/o/r:cache
#9 ERROR: ghcr.io/o/r:cache: not found
#20 exporting cache to registry
#20 ERROR: error writing layer blob: failed to authorize: failed to fetch oauth token: unexpected status: 401 Unauthorized
ERROR: failed to solve: error writing layer blob: failed to authorize: failed to fetch oauth token: unexpected status: 401 Unauthorized`,
	"a local cache": `#126 ERROR: error writing layer blob: failed to copy: failed to send write: error reading from server: EOF: unavailable`,
	"an azblob cache": `
#9 ERROR: error writing layer blob: PUT https://account.blob.core.windows.net/buildkit/blobs/sha256:1
--------------------------------------------------------------------------------
RESPONSE 403: 403 Server failed to authenticate the request.`,
	"other programs and GitHub's REST API": `
Error: API rate limit exceeded for 20.172.0.36. (But here's the good news: Authenticated requests get a higher rate limit.)
Error: Resource not accessible by integration
##[error]HttpError: Resource not accessible by integration
remote: 403 Forbidden`,
	"other programs and the network": `
Error: Get "https://registry.terraform.io/.well-known/terraform.json": x509: certificate signed by unknown authority
ERROR: failed to solve: golang:1.26: failed to resolve source metadata for docker.io/library/golang:1.26: failed to do request: Head "https://registry-1.docker.io/v2/library/golang/manifests/1.26": dial tcp: lookup registry-1.docker.io on 127.0.0.53:53: i/o timeout
curl: (7) Failed to connect to results-receiver.actions.githubusercontent.com port 443: Connection refused`,
	"a Dockerfile that does not parse": `
ERROR: failed to solve: dockerfile parse error on line 3: unknown instruction: GHA
ERROR: failed to solve: failed to parse stage name "Bad Name": invalid reference format`,
	"a workflow that is printed": `
    env:
      ACTIONS_CACHE_URL: https://artifactcache.actions.githubusercontent.com/abcdefghijklmnopqrstuvwxyz/_apis/artifactcache/
      # see https://gh.io/gha-cache-sunset
      cache-to: type=gha,mode=max,ignore-error=true`,
	"a build with a gha cache that works": `
##[group]Run docker buildx build --cache-from type=gha --cache-to type=gha,mode=max --load .
#5 importing cache manifest from gha:15381314327497081110
#5 DONE 0.3s
#6 [2/2] RUN make
#6 CACHED
#7 exporting to docker image format
#8 exporting to GitHub Actions Cache
#8 preparing build cache for export 0.1s done
#8 DONE 0.5s`,
	"a build with a gha cache that fails on its own": `
/usr/bin/docker buildx build --cache-to type=gha,mode=max .
#6 [2/2] RUN make
#6 ERROR: process "/bin/sh -c make" did not complete successfully: exit code: 2
ERROR: failed to solve: process "/bin/sh -c make" did not complete successfully: exit code: 2`,
	"a build without a gha cache": `
+ docker buildx build --cache-to type=registry,ref=ghcr.io/o/gha:cache --load .
#6 exporting to docker image format
#6 DONE 0.1s`,
	"a cancelled build": `
#18 exporting to GitHub Actions Cache
#18 CANCELED
ERROR: failed to build: failed to solve: Canceled: context canceled`,
	"nothing": "",
}

func TestExplainKeepsQuietAboutOrdinaryOutput(t *testing.T) {
	for name, log := range ordinary {
		for dressed, f := range dress {
			if got := explain(t, f(log)); len(got) != 0 {
				t.Errorf("%s, %s: got %+v", name, dressed, got)
			}
		}
	}
}
