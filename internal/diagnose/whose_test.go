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

	// the page that stands in place of any service
	"the page, to an old client":                   {"Warning: reserveCache failed: <h2>Our services aren't available right now</h2><p>We're working to restore all services", "v1-refused"},
	"the page, to a new client":                    {"Warning: Failed to save: Failed to CreateCacheEntry: <h2>Our services aren't available right now</h2><p>We're working to restore all services", "service-down"},
	"the page, from a path of version 1":           {"sccache: error: Server startup failed: cache storage failed to read: Unexpected (permanent) at read, context: { uri: https://acghubeus1.actions.githubusercontent.com/x/_apis/artifactcache/cache?keys=a, response: Parts { status: 400, version: HTTP/1.1, headers: {\"content-type\": \"text/html\"} }, service: ghac, path: .sccache_check } => <h2>Our services aren't available right now</h2>", "v1-refused"},
	"the page, from a path of version 1, with 503": {"sccache: error: Server startup failed: cache storage failed to read: Unexpected (temporary) at read, context: { uri: https://***/_apis/artifactcache/cache?keys=a, response: Parts { status: 503, version: HTTP/1.1 }, service: ghac } => <h2>Our services aren't available right now</h2>", "service-down"},

	// who may do what, and why
	"a token that may do nothing":    {"Warning: Failed to restore: cache read denied: token has no readable scopes\nWarning: Failed to save: cache write denied: token has no writable scopes", "read-denied"},
	"a token that may not write":     {"Warning: Failed to save: cache write denied: token has no writable scopes", "read-only-token"},
	"a budget that is used up":       {"##[warning]Cache reservation failed: You have reached your configured budget, your cache is now read only to prevent additional charges.\nFailed to save: Unable to reserve cache with key k, another job may be creating this cache.", "quota-full"},
	"a key that exists, by its text": {"Warning: Failed to save: Unable to reserve cache with key k, another job may be creating this cache. More details: Cache already exists. Scope: refs/heads/main, Key: k, Version: v", "key-exists"},
	"a client that waited":           {"Warning: Failed to restore: getCacheEntry failed: Request timeout", "network-timeout"},
	"another program that waited":    {"Warning: Request timeout: /api/v1/things", ""},

	// docker without buildx
	"docker reads an option of buildx":   {"$ docker buildx create --use\nunknown flag: --use\nSee 'docker --help'.", "buildx-missing"},
	"a newer docker does":                {"+ docker buildx build --push .\nunknown flag: --push\n\nUsage:  docker [OPTIONS] COMMAND [ARG...]\n\nRun 'docker --help' for more information", "buildx-missing"},
	"buildx does not know the option":    {"$ docker buildx create --us\nunknown flag: --us\nSee 'docker buildx create --help'.", ""},
	"docker build knows no buildx":       {"$ docker build --push -t a/b .\nunknown flag: --push\nSee 'docker build --help'.", "buildx-missing"},
	"docker build, misspelt":             {"$ docker build --psh -t a/b .\nunknown flag: --psh\nSee 'docker build --help'.", ""},
	"another program's own option":       {"$ tool run --push\nunknown flag: --push\nSee 'tool run --help'.", ""},
	"a sentence about buildx":            {"buildx failed because of `error writing layer blob: failed to reserve cache`", "reserve-refused"},
	"docker does not know its own":       {"$ docker run --us alpine\nunknown flag: --us\nSee 'docker run --help'.", ""},
	"docker alone does not know its own": {"$ docker --us ps\nunknown flag: --us\nSee 'docker --help'.", ""},

	// builders that do not come up
	"any reason, on a terminal":          {"[+] Building 0.8s (1/1) FINISHED\n => ERROR [internal] booting buildkit      0.8s\n------\n > [internal] booting buildkit:\n------\nERROR: failed to build: some reason that nobody knows", "builder-not-started"},
	"any reason, in plain output":        {"#1 [internal] booting buildkit\n#1 ERROR: some reason that nobody knows\n------\n > [internal] booting buildkit:\n------\nERROR: failed to build: another reason that nobody knows", "builder-not-started"},
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

	// frames
	"a comment":                     {"# ERROR: failed to solve: maximum timeout reached", "throttled-too-long"},
	"numbers that are links":        {"Warning: Failed to save: uploadChunk (start: 20[1](https://github.com/o/r/actions/runs/7/job/19#step:13:1)3, end: [2](https://github.com/o/r/actions/runs/7/job/19#step:13:2)9) failed: Cache service responded with 503", "service-down"},
	"a quoted status of a blob":     {"- `failed to copy: GET https://productionresultssa*.blob.core.windows.net/actions-cache/...`\n- `404 The specified blob does not exist`", "layer-evicted"},
	"a block that is commented out": {"# ERROR: failed to solve: failed to push ghcr.io/o/r:latest: failed to copy: GET https://productionresultssa11.blob.core.windows.net/actions-cache/7-2\n# -----\n# RESPONSE 403: 403 Server failed to authenticate the request.\n# ERROR CODE: AuthenticationFailed\n# -----\n# <?xml version=\"1.0\"?><Error><Code>AuthenticationFailed</Code><Message>Server failed.\n# Time:2025-05-02T11:34:12Z</Message><AuthenticationErrorDetail>Signature not valid in the specified time frame: Start [a] - Expiry [b]</AuthenticationErrorDetail></Error>\n# -----", "url-expired"},
	"a status of any blob":          {"the download ends with `404 The specified blob does not exist`", ""},
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
