package diagnose_test

import (
	"strings"
	"testing"
)

// whose are texts that several programs have, with what else a log shows. Without a cause, nothing tells that they are of a
// cache or a builder.
var whose = map[string]struct{ log, want string }{
	// pulls
	"compose pulls an image":             {"$ docker compose up -d\n ⠙ Image a/b:latest [⣿⡀] 1MB / 2MB Pulling\nfailed to copy: read tcp 192.168.20.100:38700->3.166.160.32:443: read: connection timed out", ""},
	"a kubelet pulls an image":           {"Failed to pull image \"r/app:1\": rpc error: code = Unknown desc = failed to copy: read tcp 10.0.0.1:1->10.0.0.2:443: read: connection reset by peer", ""},
	"a pull among other output":          {strings.Repeat("pulling\n", 12) + "failed to copy: unexpected EOF\n", ""},
	"a pull in a log with a builder":     {"[+] Building 3.1s (1/1)\n#0 building with \"b\" instance using docker-container driver\n#1 DONE 0.1s\nfailed to copy: unexpected EOF", ""},
	"a step of a build":                  {"#7 ERROR: failed to copy: read tcp 10.0.0.1:1->10.0.0.2:443: read: connection reset by peer", "layer-download-broken"},
	"the error of a build":               {"ERROR: failed to build: failed to solve: failed to copy: unexpected EOF", "layer-download-broken"},
	"a key that cannot be computed":      {"failed to compute cache key: failed to copy: read tcp 10.0.0.1:1->10.0.0.2:443: i/o timeout", "layer-download-broken"},
	"a quote about buildx":               {"our buildx jobs end with `failed to copy: stream error: stream ID 7; INTERNAL_ERROR`", "layer-download-broken"},
	"a quote about nothing that is ours": {"our jobs end with `failed to copy: stream error: stream ID 7; INTERNAL_ERROR`", ""},
	"a request for a layer":              {"ERROR: failed to solve: docker.io/library/a: failed to resolve source metadata for docker.io/library/a:1: failed to copy: httpReadSeeker: failed open: failed to do request: Get \"https://production.cloudflare.docker.com/registry-v2/data\": read tcp 172.17.0.3:1->10.0.0.2:443: read: connection reset by peer", "layer-download-broken"},
	"a request of buildkitd's own log":   {"/moby.buildkit.v1.frontend.LLBBridge/ReadFile returned error: rpc error: code = Unknown desc = failed to compute cache key: failed to copy: httpReadSeeker: failed open: failed to do request: Get \"https://r/v2/a/blobs/sha256:6e\": net/http: timeout awaiting response headers", "layer-download-broken"},
	"a request of another program":       {"Error: failed to copy: httpReadSeeker: failed open: failed to do request: Get \"https://r/v2/a/blobs/sha256:6e\": dial tcp 10.0.0.2:443: i/o timeout", ""},
	"a registry that refuses a layer":    {"ERROR: failed to solve: a/b:1: failed to copy: httpReadSeeker: failed open: unexpected status code https://r/v2/a/manifests/sha256:6e: 429 Too Many Requests", ""},

	// clusters
	"a node of a cluster":                 {`deployments.apps "web" is forbidden: User "system:node:master" cannot get resource "deployments" in API group "apps" in the namespace "default"`, ""},
	"kubectl":                             {`Error from server (Forbidden): pods is forbidden: User "ci" cannot list resource "pods" in API group "" in the namespace "default"`, ""},
	"another program in a cluster":        {`error: deployments.apps "web" is forbidden: User "ci" cannot patch resource "deployments" in API group "apps" in the namespace "default"`, ""},
	"buildx in a cluster":                 {`ERROR: error while calling deploymentClient.Get for "ci0": deployments.apps "ci0" is forbidden: User "ci" cannot get resource "deployments" in API group "apps" in the namespace "ci"`, "kubernetes-permission"},
	"buildx in a cluster, while it boots": {"#1 [internal] booting buildkit\n#1 ERROR: error while calling deploymentClient.Create for \"ci0\": deployments.apps is forbidden: User \"ci\" cannot create resource \"deployments\" in API group \"apps\" in the namespace \"ci\"", "kubernetes-permission"},

	// sccache
	"sccache with a bucket":                {"sccache: error: Server startup failed: cache storage failed to read: Unexpected (temporary) at read => send http request, source: error sending request for url (http://127.0.0.1:8333/sccache/.sccache_check): tcp connect error: Connection refused (os error 61)", ""},
	"sccache with a bucket, by its name":   {"sccache: error: Server startup failed: cache storage failed to read: Unexpected (temporary) at read, context: { service: s3, path: .sccache_check } => send http request, source: tcp connect error: Connection refused (os error 111)", ""},
	"sccache with the cache of the job":    {"sccache: error: Server startup failed: cache storage failed to read: Unexpected (temporary) at read => send http request, source: error sending request for url (http://127.0.0.1:3000/twirp/github.actions.results.api.v1.CacheService/GetCacheEntryDownloadURL): tcp connect error: Connection refused (os error 111)", "connection-refused"},
	"sccache with a service that it names": {"sccache: error: Server startup failed: cache storage failed to read: Unexpected (temporary) at read, context: { service: ghac, path: .sccache_check } => send http request, source: tcp connect error: Connection refused (os error 111)", "connection-refused"},
	"a bucket that wants fewer requests":   {"storage write check failed: RateLimited (temporary) at Writer::write => S3Error { code: \"SlowDown\" }\n\nContext:\n    service: s3\n    path: .sccache_check", ""},
	"the same, of a bucket without a code": {"sccache: warning: cache storage failed to write: RateLimited (temporary) at Writer::write, context: { service: gcs, path: a } => ", ""},
	"the same, of the cache of the job":    {"storage write check failed: RateLimited (temporary) at Writer::write => \n\nContext:\n    service: ghac\n    path: .sccache_check", "throttled"},
	"an error of sccache on Windows":       {"sccache: error: Server startup failed: cache storage failed to read: Unexpected (temporary) at read => send http request\n   service: ghac\n   path: .sccache_check\n   client error (Connect): An existing connection was forcibly closed by the remote host. (os error 10054)", "connection-broken"},
	"the same, of a bucket":                {"sccache: error: Server startup failed: cache storage failed to read: Unexpected (temporary) at read => send http request\n   service: s3\n   path: .sccache_check\n   client error (Connect): An existing connection was forcibly closed by the remote host. (os error 10054)", ""},
	"a port that is closed on Windows":     {"sccache: error: Server startup failed: cache storage failed to read: Unexpected (temporary) at read, context: { service: ghac } => send http request, source: No connection could be made because the target machine actively refused it. (os error 10061)", "connection-refused"},

	// the page that stands in place of any service
	"the page, to an old client":                   {"Warning: reserveCache failed: <h2>Our services aren't available right now</h2><p>We're working to restore all services", "v1-refused"},
	"the page, to a new client":                    {"Warning: Failed to save: Failed to CreateCacheEntry: <h2>Our services aren't available right now</h2><p>We're working to restore all services", "service-down"},
	"the page, from a path of version 1":           {"sccache: error: Server startup failed: cache storage failed to read: Unexpected (permanent) at read, context: { uri: https://acghubeus1.actions.githubusercontent.com/x/_apis/artifactcache/cache?keys=a, response: Parts { status: 400, version: HTTP/1.1, headers: {\"content-type\": \"text/html\"} }, service: ghac, path: .sccache_check } => <h2>Our services aren't available right now</h2>", "v1-refused"},
	"the page, from a path of version 1, with 503": {"sccache: error: Server startup failed: cache storage failed to read: Unexpected (temporary) at read, context: { uri: https://***/_apis/artifactcache/cache?keys=a, response: Parts { status: 503, version: HTTP/1.1 }, service: ghac } => <h2>Our services aren't available right now</h2>", "service-down"},

	// who may do what, and why
	"a token that may do nothing":            {"Warning: Failed to restore: cache read denied: token has no readable scopes\nWarning: Failed to save: cache write denied: token has no writable scopes", "read-denied"},
	"a token that may not write":             {"Warning: Failed to save: cache write denied: token has no writable scopes", "read-only-token"},
	"a budget that is used up":               {"##[warning]Cache reservation failed: You have reached your configured budget, your cache is now read only to prevent additional charges.\nFailed to save: Unable to reserve cache with key k, another job may be creating this cache.", "quota-full"},
	"a key that exists, by its text":         {"Warning: Failed to save: Unable to reserve cache with key k, another job may be creating this cache. More details: Cache already exists. Scope: refs/heads/main, Key: k, Version: v", "key-exists"},
	"an entry that may not be deleted":       {"Warning: Error delete _state: [403] Resource not accessible by integration\nFailed to save: Unable to reserve cache with key _state, another job may be creating this cache. More details: Cache already exists. Scope: refs/heads/main, Key: _state", "rest-permission"},
	"something else that may not be deleted": {"Warning: Error deleting the comment: [403] Resource not accessible by integration", ""},
	"a client that waited":                   {"Warning: Failed to restore: getCacheEntry failed: Request timeout", "network-timeout"},
	"another program that waited":            {"Warning: Request timeout: /api/v1/things", ""},

	// clients of the cache that say little
	"a restore that failed without a word": {"Run actions/cache/restore@v4\nCache hit for: db\nWarning: Failed to restore: \nCache not found for input keys: db", "cache-step-failed"},
	"a restore of another program":         {"Run dotnet build\nWarning: Failed to restore: \nDetermining projects to restore...", ""},
	"an upload that cannot read its file":  {"Error: Cache upload failed because file read failed with EIO: i/o error, read", "cache-step-failed"},

	// docker without buildx
	"docker reads an option of buildx":   {"$ docker buildx create --use\nunknown flag: --use\nSee 'docker --help'.", "buildx-missing"},
	"a newer docker does":                {"+ docker buildx build --push .\nunknown flag: --push\n\nUsage:  docker [OPTIONS] COMMAND [ARG...]\n\nRun 'docker --help' for more information", "buildx-missing"},
	"buildx does not know the option":    {"$ docker buildx create --us\nunknown flag: --us\nSee 'docker buildx create --help'.", ""},
	"docker build knows no buildx":       {"$ docker build --push -t a/b .\nunknown flag: --push\nSee 'docker build --help'.", "buildx-missing"},
	"docker build, misspelt":             {"$ docker build --psh -t a/b .\nunknown flag: --psh\nSee 'docker build --help'.", ""},
	"another program's own option":       {"$ tool run --push\nunknown flag: --push\nSee 'tool run --help'.", ""},
	"docker build has no progress":       {"$ docker build --progress plain .\nunknown flag: --progress\nSee 'docker build --help'.", "buildx-missing"},
	"docker is podman":                   {"  /usr/bin/docker buildx create --name b --use\n  Error: unknown flag: --name\n  See 'podman buildx --help'", "buildx-missing"},
	"podman does not know its own":       {"$ podman run --us alpine\nError: unknown flag: --us\nSee 'podman run --help'", ""},
	"a sentence about buildx":            {"buildx failed because of `error writing layer blob: failed to reserve cache`", "reserve-refused"},
	"docker does not know its own":       {"$ docker run --us alpine\nunknown flag: --us\nSee 'docker run --help'.", ""},
	"docker alone does not know its own": {"$ docker --us ps\nunknown flag: --us\nSee 'docker --help'.", ""},

	// builders that do not come up
	"any reason, on a terminal":          {"[+] Building 0.8s (1/1) FINISHED\n => ERROR [internal] booting buildkit      0.8s\n------\n > [internal] booting buildkit:\n------\nERROR: failed to build: some reason that nobody knows", "builder-not-started"},
	"any reason, in plain output":        {"#1 [internal] booting buildkit\n#1 ERROR: some reason that nobody knows\n------\n > [internal] booting buildkit:\n------\nERROR: failed to build: another reason that nobody knows", "builder-not-started"},
	"any reason, of a target":            {"[+] Building 4.7s (1/1) FINISHED\n => => pulling image\n => => creating container\n => => more\n => ERROR [app internal] booting buildkit      4.7s\n------\n > [app internal] booting buildkit:\n------\nsome reason that nobody knows", "builder-not-started"},
	"an image of BuildKit's":             {"Error: buildx call failed with: error: Error response from daemon: No such image: moby/buildkit:buildx-stable-1", "builder-not-started"},
	"an image of BuildKit's, elsewhere":  {"ERROR: Error response from daemon: manifest for mirror.local/moby/buildkit:buildx-stable-1 not found", "builder-not-started"},
	"any other image":                    {"Error: Error response from daemon: No such image: a/b:1", ""},
	"an end of buildx's remote driver":   {"  /usr/bin/docker buildx create --name b --driver remote --use\n  ERROR: no remote endpoint provided\nError: ERROR: no remote endpoint provided", "builder-refused"},
	"an end of another program":          {"ERROR: no remote endpoint provided", ""},
	"an image of BuildKit's, in use":     {"Error: Error response from daemon: conflict: unable to remove repository reference \"moby/buildkit:buildx-stable-1\" (must force) - container 17 is using its referenced image 9a", ""},
	"a remote driver's end in a log":     {strings.Repeat("working\n", 12) + "ERROR: tls enabled, but missing keys ca\n", "builder-refused"},
	"a BuildKit that is gone":            {"ERROR: failed to solve: Unavailable: error reading from server: EOF", "builder-died"},
	"another server that is gone":        {"rpc error: code = Unavailable desc = error reading from server: EOF", ""},
	"a builder that is up":               {"#1 [internal] booting buildkit\n#1 DONE 1.2s\n#2 [1/1] RUN make\n#2 ERROR: some reason\nERROR: failed to build: failed to solve: some reason", ""},
	"the Engine refuses a container":     {"ERROR: failed to build: Error response from daemon: failed to create task for container: some reason", "builder-not-started"},
	"the Engine refuses to run anything": {"docker: Error response from daemon: failed to create task for container: some reason", ""},
	"the Engine refuses an action":       {"Error: ERROR: Error response from daemon: some reason", "builder-not-started"},
	"the same, in a log of a runner":     {"##[error]ERROR: Error response from daemon: some reason", "builder-not-started"},
	"the Engine is asked about itself":   {"Server:\nERROR: Error response from daemon: Docker Desktop is unable to start\nerrors pretty printing info", ""},
	"the Engine refuses to pull":         {"##[error]Error response from daemon: toomanyrequests: You have reached your pull rate limit.", ""},
	"the Engine refuses an image":        {"ERROR: failed to build: failed to solve: Error response from daemon: some reason", ""},
	"a setting of a container":           {"ERROR: failed to build: write sysctl key net.ipv4.ping_group_range: write /proc/sys/net/ipv4/ping_group_range: invalid argument: unknown", "builder-not-started"},
	"a buildkitd that runs twice":        {"buildkitd: could not lock /run/user/1000/buildkit/buildkitd.lock, another instance running?", "builder-not-started"},
	"a tool that starts BuildKit":        {"11:42PM ERR failed to start buildkit container: exit status 1    output=Error response from daemon: OCI runtime create failed", "builder-not-started"},

	// disks
	"the storage of a builder, moved":  {"ERROR: failed to solve: ResourceExhausted: write /mnt/data/docker/overlay2/ab12/diff/x: no space left on device", "disk-full"},
	"the storage of a BuildKit, moved": {"#9 ERROR: write /data/runc-overlayfs/content/ingest/1/data: no space left on device", "disk-full"},
	"a step that copies files":         {"#9 ERROR: failed to copy files: copy file range failed: no space left on device", "disk-full"},
	"a folder that buildx writes":      {"ERROR: failed to solve: ResourceExhausted: error from receiver: write out/x: no space left on device", "disk-full-somewhere"},
	"an image that the Engine loads":   {"ApplyLayer exit status 1 stdout:  stderr: write /a/b.so: no space left on device", "disk-full-somewhere"},
	"an image that the Engine pulls":   {"[INFO] write /var/lib/docker/tmp/GetImageBlob403717976: no space left on device", "disk-full-somewhere"},
	"the same, among other output":     {strings.Repeat("a5ff18c9283b: Download complete\n", 12) + "failed to register layer: ApplyLayer exit status 1 stdout:  stderr: write /a/b.so: no space left on device\n", "disk-full-somewhere"},
	"a file of anybody's":              {"write /home/runner/a: no space left on device", ""},
	"an archive that does not fit":     {"/usr/bin/tar --posix -cf cache.tzst --exclude cache.tzst -P -C /w --files-from manifest.txt --use-compress-program zstdmt\nzstd: error 70 : Write error : cannot write block : No space left on device \n/usr/bin/tar: cache.tzst: Wrote only 2048 of 10240 bytes", "disk-full-somewhere"},
	"an archive that is none of ours":  {"tar -cf backup.tzst --use-compress-program zstdmt a\nzstd: error 70 : Write error : cannot write block : No space left on device", ""},

	// options
	"a reference before any step":         {"[+] Building 2.4s (1/1) FINISHED\nerror: failed to solve: rpc error: code = Unknown desc = invalid reference format", "option-as-reference"},
	"a reference of the image":            {" => exporting to image\n => => exporting layers\nERROR: failed to solve: invalid reference format", ""},
	"a reference in a Dockerfile":         {"ERROR: failed to solve: failed to parse stage name \"\": invalid reference format", ""},
	"a reference that docker cannot read": {"docker: invalid reference format.", ""},

	// downloads that stand still
	"a download that stands still":  {"Cache hit for: k\n" + strings.Repeat("Received 511126973 of 532098493 (96.1%), 40.6 MBs/sec\n", 6), "network-timeout"},
	"a download that went on":       {"Cache hit for: k\n" + strings.Repeat("Received 511126973 of 532098493 (96.1%), 40.6 MBs/sec\n", 6) + "Received 532098493 of 532098493 (100.0%), 40.6 MBs/sec\n", ""},
	"a download that is slow":       {"Received 1 of 90 (1.1%), 0.0 MBs/sec\nReceived 2 of 90 (2.2%), 0.0 MBs/sec\nReceived 3 of 90 (3.3%), 0.0 MBs/sec\nReceived 4 of 90 (4.4%), 0.0 MBs/sec\nReceived 5 of 90 (5.5%), 0.0 MBs/sec\nReceived 6 of 90 (6.6%), 0.0 MBs/sec", ""},
	"a download that was cancelled": {"Received 33554432 of 532334052 (6.3%), 32.0 MBs/sec\nError: The operation was canceled.", ""},

	// frames
	"a comment":                     {"# ERROR: failed to solve: maximum timeout reached", "throttled-too-long"},
	"numbers that are links":        {"Warning: Failed to save: uploadChunk (start: 20[1](https://github.com/o/r/actions/runs/7/job/19#step:13:1)3, end: [2](https://github.com/o/r/actions/runs/7/job/19#step:13:2)9) failed: Cache service responded with 503", "service-down"},
	"a quoted status of a blob":     {"- `failed to copy: GET https://productionresultssa*.blob.core.windows.net/actions-cache/...`\n- `404 The specified blob does not exist`", "layer-evicted"},
	"a block that is commented out": {"# ERROR: failed to solve: failed to push ghcr.io/o/r:latest: failed to copy: GET https://productionresultssa11.blob.core.windows.net/actions-cache/7-2\n# -----\n# RESPONSE 403: 403 Server failed to authenticate the request.\n# ERROR CODE: AuthenticationFailed\n# -----\n# <?xml version=\"1.0\"?><Error><Code>AuthenticationFailed</Code><Message>Server failed.\n# Time:2025-05-02T11:34:12Z</Message><AuthenticationErrorDetail>Signature not valid in the specified time frame: Start [a] - Expiry [b]</AuthenticationErrorDetail></Error>\n# -----", "url-expired"},
	"a status of any blob":          {"the download ends with `404 The specified blob does not exist`", ""},

	// storages of their own
	"a bucket that refuses sccache, told below":  {"sccache: error: Server startup failed: cache storage failed to read: PermissionDenied (permanent) at read\n\nContext:\n   uri: https://b.s3.amazonaws.com/.sccache_check\n   response: Parts { status: 403, version: HTTP/1.1 }\n   service: s3\n\nSource:\n   S3Error { code: \"AccessDenied\", message: \"Access Denied\" }", ""},
	"the same, in a step of a build":             {"#12 1.0 sccache: error: Server startup failed: cache storage failed to read: PermissionDenied (permanent) at read\n#12 1.1 \n#12 1.2 Context:\n#12 1.3    service: s3\n------\n > [build 4/9] RUN make:\n1.0 sccache: error: Server startup failed: cache storage failed to read: PermissionDenied (permanent) at read\n1.1 \n1.2 Context:\n1.3    service: s3\n------", ""},
	"the same, of the cache of a job":            {"sccache: error: Server startup failed: cache storage failed to read: PermissionDenied (permanent) at read\n\nContext:\n   service: ghac\n   path: .sccache_check\n", "token-rejected"},
	"a bucket that throttles, told below":        {"storage write check failed: RateLimited (temporary) at Writer::close\n\nContext:\n   uri: https://b.s3.amazonaws.com/x\n   service: s3\n", ""},
	"an account that refuses OpenDAL":            {"Error: PermissionDenied (permanent) at write\n\nContext:\n   uri: https://acct.blob.core.windows.net/c/x\n   service: azblob\n\nSource:\n   AzblobError { code: \"AuthorizationFailure\", message: \"This request is not authorized to perform this operation.\" }", ""},
	"a bucket with a path like that of a server": {"Error: Unexpected (temporary) at read, context: { url: https://b.s3.amazonaws.com/download/x, service: s3 } => send http request, source: error sending request for url (https://b.s3.amazonaws.com/download/x): operation timed out", ""},
	"an azblob cache without a layer":            {"#8 importing cache manifest from azblob:1\n#12 ERROR: failed to compute cache key: failed to copy: GET https://acct.blob.core.windows.net/c/blobs/sha256:ab\n----------\nRESPONSE 404: 404 The specified blob does not exist.\nERROR CODE: BlobNotFound\n----------\n<Error><Code>BlobNotFound</Code></Error>", ""},
	"a quote about an azblob cache":              {"ERROR: failed to solve: failed to copy: GET https://acct.blob.core.windows.net/c/x RESPONSE 404: 404 The specified blob does not exist. ERROR CODE: BlobNotFound", ""},
	"an s3 cache whose bucket breaks":            {"ERROR: failed to solve: failed to copy: operation error S3: GetObject, request send failed, Get \"https://b.s3.amazonaws.com/x\": EOF", ""},
	"a push to a registry's storage":             {"ERROR: failed to solve: failed to push r/i:1: failed to copy: Put \"https://storage.googleapis.com/x\": dial tcp 1.1.1.1:443: i/o timeout", ""},

	// steps of a job
	"an upload of an artifact that succeeds":  {"Run actions/upload-artifact@v4\nAttempt 1 of 5 failed with error: connect ETIMEDOUT 20.1.1.1:443. Retrying request in 3000 ms...\nArtifact dist has been successfully uploaded! Final size is 1 bytes.", ""},
	"an attempt of a step before":             {"Run actions/cache@v4\nAttempt 1 of 5 failed with error: read ECONNRESET. Retrying request in 3000 ms...\nRun actions/upload-artifact@v4\nArtifact dist has been successfully uploaded!", "connection-broken"},
	"an attempt at an artifact":               {"Attempt 1 of 5 failed with error: Request timeout: /twirp/github.actions.results.api.v1.ArtifactService/CreateArtifact. Retrying request in 3000 ms...", ""},
	"the end of another action":               {"Run actions/cache@v4\nCache restored from key: k\nPost job cleanup.\nCache hit occurred on the primary key k, not saving cache.\nPost job cleanup.\n##[error]connect ECONNREFUSED 127.0.0.1:9000", ""},
	"an archive of one's own":                 {"+ tar -xzf ./cache.tar.gz\ngzip: stdin: not in gzip format\ntar: Error is not recoverable: exiting now", ""},
	"a docker without compose":                {"+ docker buildx version\ngithub.com/docker/buildx v0.30.0\n+ docker compose -f ci.yml up -d\nunknown shorthand flag: 'f' in -f\nSee 'docker --help'.", ""},
	"a docker without compose, a long option": {"+ docker buildx use ci\n+ docker compose --file ci.yml up -d\nunknown flag: --file\nSee 'docker --help'.", ""},
	"a docker without buildx, before compose": {"Run docker buildx build --push .\ndocker buildx build --push .\ndocker compose up -d\nshell: bash\nunknown flag: --push\nSee 'docker --help'.", "buildx-missing"},
	"an option of another program":            {"ERROR: unknown flag: --builder\nUsage:\n  kp image create\n\n\n\n\n+ docker foo\ndocker: 'foo' is not a docker command.\nSee 'docker --help'.", ""},
	"a builder that was created":              {"+ docker buildx create --use --name ci\nci\nerror: Your local changes would be overwritten", ""},
	"a step after one that started a builder": {"Run docker/setup-buildx-action@v3\nBooting builder\n/usr/bin/docker buildx inspect --bootstrap --builder b\n#1 [internal] booting buildkit\n#1 DONE 4s\nInspect builder\nRun make test\nmake test\nshell: bash\nError: connect ECONNREFUSED 127.0.0.1:5432", ""},
	"a test of what a client says":            {"    Expected substring: \"Failed to CreateCacheEntry: Unable to make request: ECONNRESET\"\n    Received message:   \"boom\"", ""},
	"a test in Python":                        {"E   AssertionError: assert 'Cache service responded with 503' == 'ok'", ""},
	"a test in Go":                            {"--- FAIL: TestUpload (0.01s)\n    cache_test.go:33: got error: Put \"https://x.blob.core.windows.net/actions-cache/x\": EOF\nFAIL", ""},
}

func TestALogTellsWhoseATextIs(t *testing.T) {
	for name, test := range whose {
		got := explain(t, test.log)
		if first := strings.Join(ids(got), " "); test.want == "" && first != "" || test.want != "" && (len(got) == 0 || got[0].Cause.ID != test.want) {
			t.Errorf("%s: got %q, want %q", name, first, test.want)
		}
	}
}

func TestAConsequenceIsNoCauseOfItsOwn(t *testing.T) {
	got := explain(t, whose["a budget that is used up"].log)
	if len(got) != 1 {
		t.Errorf("got %v, want only the budget", ids(got))
	}
}

func TestTheBuilderThatDidNotStartIsWhyTheBuildFailed(t *testing.T) {
	for _, name := range []string{"any reason, on a terminal", "any reason, in plain output", "the Engine refuses a container"} {
		if got := explain(t, whose[name].log); len(got) != 1 || !got[0].Fatal {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}
