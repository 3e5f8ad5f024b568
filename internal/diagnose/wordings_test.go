package diagnose_test

import (
	"strings"
	"testing"
)

// wordings are texts of the sources of buildx, BuildKit, docker, @actions/cache of every major, Azure's client, sccache and
// the Gradle action, by the cause that they tell, as they come among other lines.
var wordings = map[string][]string{
	"docker-driver": {
		`Error: buildx failed with: ERROR: multiple platforms feature is currently not supported for docker driver. Please switch to a different driver (eg. "docker buildx create --use")`,
		"ERROR: Multi-platform build is not supported for the docker driver.\nSwitch to a different driver, or turn on the containerd image store, and try again.",
		"ERROR: OCI exporter is not supported for the docker driver.",
		"ERROR: failed to build: Attestation is not supported for the docker driver.",
		`error: docker exporter feature is currently not supported for docker driver. Please switch to a different driver (eg. "docker buildx create --use")`,
		"ERROR: multi-node push can't currently be performed with the docker driver, please switch to a different driver",
	},
	"builder-missing": {
		"error: open /root/.docker/buildx/instances/default: no such file or directory",
		`ERROR: failed to find instance "ci" for append`,
		`ERROR: docker endpoint for "ci" not found`,
	},
	"builder-refused": {
		"ERROR: could not create a builder instance with TLS data loaded from environment. Please use `docker context create <context-name>`",
		"ERROR: docker-container driver requires docker API access",
		"ERROR: cannot determine Kubernetes namespace, specify manually: invalid configuration: no configuration has been provided",
		`ERROR: instance name "ci" already exists as context builder`,
		"ERROR: existing instance for ci but no append mode, specify --node to make changes for existing instances",
		"ERROR: non-absolute path 'ca.pem' provided for cacert",
		"ERROR: invalid name 1ci, name needs to start with a letter and may not contain symbols, except ._-",
		"/usr/bin/docker buildx create --name b --driver remote --use http://a\nERROR: unrecognized url scheme http\nError: ERROR: unrecognized url scheme http",
		"+ docker buildx create --use --driver-opt timeout=x\nerror: cannot parse timeout: time: invalid duration \"x\"",
	},
	"builder-not-started": {
		`Error: Get "http://%2Fvar%2Frun%2Fdocker.sock/v1.51/containers/buildx_buildkit_builder-5f0/json": context deadline exceeded`,
		"ERROR: failed to connect to pod ci0-1 after 6 attempts: EOF",
		"+ docker buildx bake --print\nERROR: Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
		"[rootlesskit:parent] error: failed to start the child: fork/exec /proc/self/exe: operation not permitted",
		"[rootlesskit:parent] error: failed to setup UID/GID map: newuidmap 9 [0 1000 1 1 100000 65536] failed: : fork/exec /usr/bin/newuidmap: operation not permitted",
		"dial unix /run/buildkit/buildkitd.sock: connect: no such file or directory",
		"ERROR: timed out waiting for buildkitd to start",
		"ERROR: error dialing backend: remote error: tls: internal error",
		"ERROR: waiting for BuildKit: context deadline exceeded",
		"ERROR: failed to verify image moby/buildkit:buildx-stable-1: no signature",
		`Error: ERROR: Get "https://registry-1.docker.io/v2/moby/buildkit/manifests/sha256:x": net/http: TLS handshake timeout`,
		`ERROR: Error response from daemon: No such container: buildx_buildkit_ci0`,
		`#1 ERROR: Error response from daemon: Get "https://registry-1.docker.io/v2/": net/http: request canceled while waiting for connection`,
		"error: failed to dial gRPC: cannot connect to the Docker daemon. Is 'docker daemon' running on this host?: dial unix /var/run/docker.sock: connect: permission denied",
		"could not connect to unix:///run/buildkit/buildkitd.sock after 10 trials",
		"##[group]Run docker buildx create --bootstrap\ndocker buildx create --bootstrap\nshell: /usr/bin/bash -e {0}\n##[endgroup]\nERROR: some reason that nobody knows",
		"docker buildx create --name b --use --bootstrap\nERROR: some reason that nobody knows",
		"$ docker buildx inspect b --bootstrap\nERROR: some reason that nobody knows",
	},
	"runtime-url-missing": {
		"Error: Unable to get the ACTIONS_RESULTS_URL env variable",
		"Warning: Failed to restore: Unable to get the ACTIONS_RESULTS_URL env variable",
		"sccache: error: Server startup failed: create gha cache failed: ConfigInvalid (permanent) at Builder::build => ACTIONS_CACHE_URL not found, maybe not in github action environment?",
		"sccache: error: Server startup failed: create gha cache failed: ConfigInvalid (permanent) at  => cache url for ghac not found, maybe not in github action environment?",
		"#12 26.70 sccache: error: Server startup failed: create gha cache failed: ConfigInvalid (permanent) => ACTIONS_CACHE_URL not found",
	},
	"runtime-token-missing": {
		"Error: Unable to get the ACTIONS_RUNTIME_TOKEN env variable",
		"sccache: error: ConfigInvalid (permanent) at  => runtime token for ghac not found, maybe not in github action environment?",
	},
	"token-malformed": {"#9 ERROR: failed to configure gha cache exporter: invalid token without expiration time"},
	"disk-full": {
		`time="2022-03-03T12:08:42Z" level=error msg="failed to commit: write /var/lib/buildkit/x: no space left on device"`,
		"Error response from daemon: mkdir /var/lib/docker/tmp/docker-builder312255349: no space left on device",
	},
	"disk-full-somewhere": {
		"Error: Error: Command failed: docker save --output ~/.docker-images.tar ghcr.io/o/r:latest\nwrite /home/runner/.docker_temp_4292464103: no space left on device",
		"x - loading image \"x\". first error: embedded daemon response: Error processing tar file(exit status 1): write /d92e.tar: no space left on device",
		"failed to register layer: write /usr/lib/x: no space left on device",
		"ERROR: write /home/runner/.docker/buildx/refs/x: no space left on device",
		"ERROR: failed to update builder last activity time: write /home/runner/.docker/buildx/activity/.tmp-ci1: no space left on device",
		"ERROR: failed to solve: write /x: disk quota exceeded",
		`ERROR: failed to solve: mkdir C:\buildkit\x: There is not enough space on the disk.`,
		"Warning: Failed to restore: ENOSPC: no space left on device, write",
		"Run actions/cache@v4\nWarning: ENOSPC: no space left on device, write",
		"/usr/bin/tar -xf /w/_temp/a/cache.tzst -P -C /w --use-compress-program unzstd\n/usr/bin/tar: a: Cannot mkdir: No space left on device\n/usr/bin/tar: Exiting with failure status due to previous errors",
		"/usr/bin/tar --posix -cf cache.tzst -P -C /w --files-from manifest.txt --use-compress-program zstdmt\nzstd: error 25 : Write error : No space left on device (cannot write compressed block) ",
	},
	"builder-died": {
		"ERROR: failed to solve: failed to read dockerfile: Unavailable: error reading from server: EOF",
		`ERROR: failed to solve: Unavailable: closing transport due to: connection error: desc = "error reading from server: EOF", received prior goaway: code: NO_ERROR, debug data: "graceful_stop"`,
		"ERROR: failed to solve: rpc error: code = Unavailable desc = transport is closing",
		"ERROR: failed to receive status: rpc error: code = Canceled desc = grpc: the client connection is closing",
		"ERROR: failed to receive status: rpc error: code = Unknown desc = unexpected EOF",
		"ERROR: failed to solve: rpc error: code = Unavailable desc = keepalive ping failed to receive ACK within timeout",
		"ERROR: failed to solve: Internal: stream terminated by RST_STREAM with error code: INTERNAL_ERROR",
	},
	"layer-download-broken": {
		`ERROR: failed to solve: failed to compute cache key: failed to copy: httpReadSeeker: failed open: failed to do request: Get "https://x": EOF`,
		`#12 ERROR: failed to copy: httpReadSeeker: failed open: failed to do request: Get "https://x/y": context deadline exceeded`,
		`ERROR: failed to solve: failed commit on ref "layer-sha256:x": "layer-sha256:x" failed size validation: 100 != 200: failed precondition`,
	},
	"docker-driver-action": {"Error: buildx failed with: Learn more at https://docs.docker.com/go/build-multi-platform/"},
	"buildx-missing": {
		"unknown flag: --platform\nSee 'docker build --help'.",
		"  ⨯ release failed after 11s      error=docker build failed: failed to build ghcr.io/o/r:v0: exit status 125: unknown flag: --builder   \nSee 'docker --help'.   ",
		"$ docker buildx build -t x \\\n    --file ./Dockerfile \\\n    --provenance false \\\n    .\n\nunknown shorthand flag: 't' in -t\nSee 'docker --help'.",
		"/usr/local/bin/docker -D buildx build --output=type=docker .\nunknown flag: --output\nSee 'docker --help'.",
		"$ docker -H tcp://dind:2375 buildx build --load -t x .\nunknown flag: --load\nSee 'docker --help'.",
	},
	"rest-permission": {
		"##[warning]Error delete _state: [403] Resource not accessible by integration",
		"failed to delete cache: HTTP 403: Resource not accessible by integration (https://api.github.com/repos/o/r/actions/caches/123)",
		"HTTP 403: Must have admin rights to Repository. (https://api.github.com/repos/o/r/actions/caches?per_page=100)",
	},
	"rest-rate-limit": {"HTTP 403: API rate limit exceeded for installation ID 1. (https://api.github.com/repos/o/r/actions/caches?per_page=100)"},
	"layer-evicted": {
		"ERROR: failed to solve: failed to load result from remote: blob sha256:ab: not found",
		"#12 ERROR: failed to compute cache key: failed to get state for index 0 on blob sha256:ab: not found",
	},
	"blob-storage-error": {
		"ERROR: failed to solve: failed to copy: invalid status response 503 The server is busy. for https://productionresultssa1.blob.core.windows.net/actions-cache/x",
		"Warning: Failed to save: uploadCacheArchiveSDK: upload failed with status code 503",
		"Warning: Failed to save: uploadCacheArchiveSDK: internal error uploading cache archive: The server is busy.",
	},
	"blob-refused": {
		"Warning: Failed to save: uploadCacheArchiveSDK: upload failed with status code 403",
		"Warning: Failed to restore: This request is not authorized to perform this operation.",
	},
	"server-incompatible": {
		"#9 exporting to GitHub Actions Cache\n#9 ERROR: invalid_argument",
		"#22 ERROR: error writing layer blob: PUT http://x:3000/upload/1 RESPONSE 501: 501 Not Implemented ERROR CODE UNAVAILABLE",
	},
	"no-such-service": {"#9 exporting to GitHub Actions Cache\n#9 ERROR: bad_route"},
	"not-json":        {"#9 exporting to GitHub Actions Cache\n#9 ERROR: failed to unmarshal <html>: invalid character '<' looking for beginning of value"},
	"connection-broken": {
		"Warning: Failed to restore cache entry: request to https://productionresultssa1.blob.core.windows.net/actions-cache/x failed, reason: read ECONNRESET",
		"FetchError: request to https://artifactcache.actions.githubusercontent.com/x/_apis/artifactcache/caches failed, reason: read ECONNRESET",
		"Warning: Failed to save: RestError: read ECONNRESET",
		"Warning: Failed to restore: Premature close",
		"Warning: Failed to restore: terminated",
		"Failed to restore dependencies-x: Error: aborted",
	},
	"network-timeout": {
		"Warning: Failed to save: uploadCacheArchiveSDK: internal error uploading cache archive: The operation was aborted. Rejecting from abort signal callback while waiting for operation to complete",
		"Failed to restore gradle-home-v8: Error: Aborting cache download as the download time exceeded the timeout.",
	},
	"dns": {
		"error: Error: getaddrinfo ENOTFOUND artifactcache.actions.githubusercontent.com",
		"Error: Failed to restore cache: Error: getaddrinfo EAI_AGAIN artifactcache.actions.githubusercontent.com",
	},
	"v1-sunset-action": {"Failed to save: Unable to reserve cache with key k, another job may be creating this cache.  \nMore details: This legacy service is shutting down, effective April 15, 2025. Migrate to the new service ASAP."},
	"proxy":            {"Warning: Failed to save: Failed to CreateCacheEntry: Unable to make request: tunneling socket could not be established, statusCode=407"},
	"url-expired":      {"ERROR: failed to solve: failed to copy: invalid status response 403 Server failed to authenticate the request. Make sure the value"},
	"url-invalid":      {"Warning: Failed to restore: getCacheEntry failed: Only absolute URLs are supported"},
	"entry-lost":       {"Warning: Failed to save: Cache service responded with 404 during commit cache"},
	"cache-step-failed": {
		"Warning: Failed to save: Cache service responded with 400 during upload chunk.",
		"##[warning]uploadCacheArchiveSDK: internal error uploading cache archive:\n##[warning]Failed to save:",
		`"C:\Program Files\Git\usr\bin\tar.exe" -cz -f D:\a\_temp\3\cache.tgz -C D:\a .` + "\ntar (child): Cannot connect to D: resolve failed\n" + `[warning]Tar failed with error: The process 'C:\Program Files\Git\usr\bin\tar.exe' failed with exit code 2.`,
		"/usr/bin/tar -xf /w/_temp/a/cache.tzst -P -C /w --use-compress-program unzstd\n" + strings.Repeat("/usr/bin/tar: ../x: Cannot open: File exists\n", 40) + `Warning: Failed to restore: "/usr/bin/tar" failed with error: The process '/usr/bin/tar' failed with exit code 2`,
	},
	"": {
		// of the same words, in other programs
		"ERROR: failed to solve: failed to push ghcr.io/o/r:x: failed to copy: io: read/write on closed pipe",
		"ERROR: failed to solve: failed to push x: write tcp 1.1.1.1:1->2.2.2.2:443: use of closed network connection",
		`ERROR: failed to solve: failed to fetch anonymous token: Get "https://auth.docker.io/token": dial tcp 1.1.1.1:443: i/o timeout`,
		"ERROR: failed to solve: no active session for 9hsbp6wtm7kzl6y5zwfq2mz2b: context deadline exceeded",
		"Error response from daemon: write /var/lib/docker/tmp/docker-export-122249911/layer.tar: no space left on device",
		"HTTP 403: Resource not accessible by integration (https://api.github.com/repos/o/r/actions/runs/1)",
		"write /mnt/buildkit/x: no space left on device",
		"ERROR: failed to solve: failed to read dockerfile: open Dockerfile: no such file or directory",
		"unknown flag: --foo\nSee 'docker build --help'.",
		"Error response from daemon: Error processing tar file(exit status 1): write /d92e.tar: no space left on device",
		"docker run a\nERROR: Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
		"Error: getaddrinfo ENOTFOUND registry.npmjs.org",
		"Error: request to https://api.github.com/repos failed, reason: read ECONNRESET",
		"#26 2.199 [rootlesskit:parent] error: failed to start the child: fork/exec /proc/self/exe: operation not permitted",
		"Error: failed to start the child process: permission denied",
		"Error: ENOSPC: System limit for number of file watchers reached",
		"Error: ENOSPC: no space left on device, write",
		"Run npm ci\nError: ENOSPC: no space left on device, write",
		"tar: backup/a: Cannot mkdir: No space left on device",
		"Error: Tar failed with exit code 2",
		"ERROR: unrecognized url scheme http",
		"error: cannot parse timeout: time: invalid duration \"x\"",
		"Please run docker buildx create --use\nERROR: some reason",
		`multiple nodes: (eg. "docker buildx create --use")` + "\nerror: some reason",
		"docker buildx create --use\nci\ndocker run a\nerror: some reason",
		"#2 ERROR: Error response from daemon: some reason",
		"Error response from daemon: No such container: web",
		"Error from server: error dialing backend: remote error: tls: internal error",
		"Error: write EPIPE",
		"Error: Premature close",
		"rpc error: code = Unavailable desc = transport is closing",
		"Error: rpc error: code = Unavailable desc = keepalive ping failed to receive ACK within timeout",
		`ERROR: open /root/.docker/config.json: no such file or directory`,
		"Error: Unable to get the GITHUB_WORKSPACE env variable",
		"redis: Failed to restore session: Error: aborted",
		"Error: failed to find instance of the service",
		"OCI exporter is not supported here",
		"DEPRECATED: The legacy builder is deprecated and will be removed in a future release.\n            Install the buildx component to build images with BuildKit:",
	},
}

// amongOthers is a log that has a text in its middle.
func amongOthers(text string) string {
	others := strings.Repeat("Some line of some other program\n", 20)
	return others + text + "\n" + others
}

func TestTextsAmongOtherLines(t *testing.T) {
	for want, texts := range wordings {
		for _, text := range texts {
			got := explain(t, amongOthers(text+"\nmore"))
			if first := strings.Join(ids(got), " "); want == "" && first != "" || want != "" && (len(got) == 0 || got[0].Cause.ID != want) {
				t.Errorf("%.150s: got %q, want %q", text, first, want)
			}
		}
	}
}
