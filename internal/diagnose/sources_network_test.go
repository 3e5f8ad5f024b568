package diagnose_test

import (
	"cmp"
	"regexp"
	"strings"
	"testing"
)

// ofCacheRequests are the causes of the failures where a request of BuildKit's to a cache service or its blobs meets them.
var ofCacheRequests = map[string]string{
	"refused": "connection-refused", "unreachable": "connection-refused", "timeout": "network-timeout", "broken": "connection-broken",
	"name": "dns", "authority": "tls", "tls": "tls-failed", "no-tls": "no-tls", "plain": "tls-failed|connection-broken", "proxy": "proxy",
}

// goPlaces are where a build meets the failures. REQUEST is one with its failure.
var goPlaces = []struct{ name, request, log string }{
	{"looking up a layer", `Post "SERVICEtwirp/github.actions.results.api.v1.CacheService/GetCacheEntryDownloadURL": `, "#16 exporting to GitHub Actions Cache\n#16 preparing build cache for export 0.3s done\n#16 ERROR: REQUEST\n------\n > exporting to GitHub Actions Cache:\n------\nERROR: failed to build: failed to solve: REQUEST\n"},
	{"reserving an entry", `Post "SERVICEtwirp/github.actions.results.api.v1.CacheService/CreateCacheEntry": `, "##[error]buildx failed with: ERROR: failed to build: failed to solve: error writing layer blob: REQUEST\n"},
	{"finishing an entry", `Post "SERVICEtwirp/github.actions.results.api.v1.CacheService/FinalizeCacheEntryUpload": `, "ERROR: target app: failed to solve: error writing layer blob: REQUEST\n"},
	{"looking up, version 1", `Get "SERVICE_apis/artifactcache/cache?keys=index-buildkit-1-ab12cd34&version=693bb7016429d80366022f036f84856888c9f13e00145f5f6f4dce303a38d6f2": `, "#9 exporting to GitHub cache\n#9 ERROR: REQUEST\nerror: failed to solve: rpc error: code = Unknown desc = REQUEST\n"},
	{"uploading, version 1", `Patch "SERVICE_apis/artifactcache/caches/17": `, "ERROR: failed to solve: error writing layer blob: REQUEST\n"},
	{"committing, version 1", `Post "SERVICE_apis/artifactcache/caches/17": `, "error: failed to solve: error writing layer blob: error committing cache 17: REQUEST\n"},
	{"uploading a layer", `Put "UPLOAD": `, "#16 exporting to GitHub Actions Cache\n#16 writing layer sha256:9c27 1.2s done\n#16 ERROR: error writing layer blob: REQUEST\n------\n > exporting to GitHub Actions Cache:\n------\nERROR: failed to build: failed to solve: error writing layer blob: REQUEST\n"},
	{"uploading a layer, without its step", `Put "UPLOAD": `, "ERROR: failed to build: failed to solve: error writing layer blob: REQUEST\n"},
	{"importing a manifest", `Post "SERVICEtwirp/github.actions.results.api.v1.CacheService/GetCacheEntryDownloadURL": `, "#7 importing cache manifest from gha:7281637821\n#7 ERROR: REQUEST\n"},
	{"downloading an index", `Get "DOWNLOAD": `, "#7 importing cache manifest from gha:7281637821\n#7 ERROR: REQUEST\n"},
}

func TestFailuresOfTheNetworkOnTheWayToTheCache(t *testing.T) {
	var c tally
	for _, h := range goHosts {
		in := strings.NewReplacer("SERVICE", h.service, "UPLOAD", h.upload, "DOWNLOAD", h.download, "HOST", h.host, "ADDR", h.addr, "LOCAL", "172.17.0.2:48122")
		for kind, texts := range goFailures {
			want := ofCacheRequests[kind]
			switch {
			case kind == "name" && h.name != "github.com" && h.name != "GitHub Enterprise Server", (kind == "authority" || kind == "tls") && !h.tls, kind == "unreachable" && h.loopback, kind == "plain" && h.tls:
				continue
			case kind == "refused" && h.loopback:
				want = "loopback-refused"
			}
			for _, text := range texts {
				for _, place := range goPlaces {
					if h.name == "github.com" && strings.Contains(place.request, "_apis/") {
						continue // it has no version 1
					}
					log := in.Replace(strings.ReplaceAll(place.log, "REQUEST", place.request+text))
					if got := explain(t, log); !c.count(excerpt{want: want}, got) {
						t.Errorf("%s, %s: %s: got %v, want %s", h.name, place.name, text, ids(got), want)
					}
				}
			}
		}
	}
	if c.failures < 2000 {
		t.Errorf("%d failures are too few", c.failures)
	}
}

// elsewhere are requests of a build for layers, to registries, to builders and to other services, with the causes of their failures.
var elsewhere = []struct {
	name, log string
	wants     map[string]string // by kind of failure
	otherwise string            // for a kind that wants does not have; "" where none can come
	only      string            // how a failure begins that can come there; "" for any
}{
	{
		name: "a layer of the gha cache", log: "#14 [build 4/9] RUN make\n#14 ERROR: failed to copy: Get \"DOWNLOAD\": FAILURE\n------\nERROR: failed to build: failed to solve: failed to compute cache key: failed to copy: Get \"DOWNLOAD\": FAILURE\n",
		wants: map[string]string{
			"refused": "connection-refused|loopback-refused|layer-download-broken", "unreachable": "connection-refused|layer-download-broken", "timeout": "network-timeout|layer-download-broken", "broken": "connection-broken|layer-download-broken",
			"name": "dns|layer-download-broken", "authority": "tls|layer-download-broken", "tls": "tls-failed|layer-download-broken", "no-tls": "no-tls|layer-download-broken", "plain": "tls-failed|connection-broken|layer-download-broken", "proxy": "proxy|layer-download-broken",
		},
	},
	{
		name: "a layer under way", log: "#14 ERROR: failed to copy: FAILURE\nERROR: failed to build: failed to solve: failed to copy: FAILURE\n",
		only:  "read tcp |EOF|unexpected EOF|stream error|http2: client connection lost|http2: server sent|connection error|context deadline exceeded$",
		wants: map[string]string{"timeout": "layer-download-broken", "broken": "layer-download-broken"},
	},
	{
		name: "a layer of an image", log: "ERROR: failed to build: failed to solve: alpine:3: failed to copy: httpReadSeeker: failed open: failed to do request: Get \"https://production.cloudflare.docker.com/registry-v2/docker/registry/v2/blobs/sha256/9c/data\": FAILURE\n",
		wants: map[string]string{"refused": "layer-download-broken", "unreachable": "layer-download-broken", "timeout": "layer-download-broken", "broken": "layer-download-broken"},
	},
	{name: "the manifest of an image", log: "#3 [internal] load metadata for docker.io/library/alpine:3\n#3 ERROR: failed to do request: Head \"https://registry-1.docker.io/v2/library/alpine/manifests/3\": FAILURE\n------\nERROR: failed to build: failed to solve: alpine:3: failed to resolve source metadata for docker.io/library/alpine:3: failed to do request: Head \"https://registry-1.docker.io/v2/library/alpine/manifests/3\": FAILURE\n", otherwise: "none"},
	{name: "a push", log: "#22 exporting to image\n#22 ERROR: failed to push r.corp/app:1: failed to copy: failed to do request: Put \"https://r.corp/v2/app/blobs/uploads/1?digest=sha256%3Aab\": FAILURE\nERROR: failed to build: failed to solve: failed to push r.corp/app:1: failed to copy: failed to do request: Put \"https://r.corp/v2/app/blobs/uploads/1?digest=sha256%3Aab\": FAILURE\n", otherwise: "none"},
	{name: "a cache in a registry", log: "#40 exporting cache to registry\n#40 ERROR: error writing layer blob: failed to do request: Put \"https://r.corp/v2/cache/blobs/uploads/1?digest=sha256%3Aab\": FAILURE\nERROR: failed to build: failed to solve: error writing layer blob: failed to do request: Put \"https://r.corp/v2/cache/blobs/uploads/1?digest=sha256%3Aab\": FAILURE\n", otherwise: "none"},
	{name: "a file of ADD", log: "#6 https://github.com/o/r/releases/download/v1/app.tgz\n#6 ERROR: Get \"https://github.com/o/r/releases/download/v1/app.tgz\": FAILURE\nERROR: failed to build: failed to solve: failed to load cache key: Get \"https://github.com/o/r/releases/download/v1/app.tgz\": FAILURE\n", otherwise: "none"},
	{name: "a program of a step", log: "#9 12.1 Error: Get \"https://api.example.com/v1/caches\": FAILURE\n#9 ERROR: process \"/bin/sh -c ./fetch\" did not complete successfully: exit code: 1\n", otherwise: "none"},
	{name: "a program of the job", log: "Run ./deploy\nError: Put \"https://api.example.com/upload/17\": FAILURE\n##[error]Process completed with exit code 1.\n", otherwise: "none"},
	{name: "the caches of the repository", log: "time=\"2026-08-20T10:00:00Z\" level=error msg=\"error initializing active key map: Get \\\"https://api.github.com/repos/o/r/actions/caches?key=buildkit-blob-1-&page=1&per_page=100\\\": FAILURE\"\n", otherwise: "rest-listing"},
	{
		name: "the builder, by a client of gRPC", log: "ERROR: failed to build: listing workers for Build: failed to list workers: Unavailable: connection error: desc = \"transport: Error while dialing: FAILURE\"\n",
		only:  "dial tcp",
		wants: map[string]string{"refused": "builder-not-started", "unreachable": "builder-not-started", "timeout": "builder-not-started", "name": "builder-not-started"},
	},
	{
		name: "the builder, by TLS", log: "ERROR: failed to build: failed to solve: Unavailable: connection error: desc = \"transport: authentication handshake failed: FAILURE\"\n",
		only:  "tls: |x509: |remote error: |local error: ",
		wants: map[string]string{"authority": "builder-not-started", "tls": "builder-not-started"},
	},
	{
		name: "the builder, in the middle", log: "ERROR: failed to build: failed to solve: Unavailable: closing transport due to: connection error: desc = \"error reading from server: FAILURE\", received prior goaway: code: NO_ERROR, debug data: \"graceful_stop\"\n",
		only:  "read tcp |EOF|unexpected EOF",
		wants: map[string]string{"broken": "builder-died", "timeout": "builder-died"},
	},
	{
		name: "the status of the builder", log: "##[error]buildx failed with: ERROR: failed to receive status: rpc error: code = Unavailable desc = error reading from server: FAILURE\n",
		only:  "read tcp |EOF|unexpected EOF",
		wants: map[string]string{"broken": "builder-died", "timeout": "builder-died"},
	},
	{
		name: "the cluster", log: "##[error]buildx failed with: ERROR: error for bootstrap \"ci0\": Get \"https://10.96.0.1:443/apis/apps/v1/namespaces/buildkit/deployments/ci0\": FAILURE\n", otherwise: "builder-not-started",
	},
	{
		name: "the Engine that starts the builder", log: "ERROR: no valid drivers found: error during connect: Get \"https://docker:2376/v1.24/version\": FAILURE: driver not connecting\n",
		wants: map[string]string{"broken": "builder-not-started", "authority": "builder-not-started", "tls": "builder-not-started", "name": "builder-not-started", "proxy": "builder-not-started"},
	},
}

func TestFailuresOfTheNetworkOnOtherWays(t *testing.T) {
	var c tally
	for _, place := range elsewhere {
		for kind, texts := range goFailures {
			want := cmp.Or(place.wants[kind], place.otherwise)
			if want == "" {
				continue
			}
			begins := regexp.MustCompile("^(?:" + place.only + ")")
			for i, h := range goHosts {
				if i > 0 && !strings.Contains(place.log, "DOWNLOAD") {
					break
				}
				in := strings.NewReplacer("DOWNLOAD", h.download, "HOST", "host.example.com", "ADDR", h.addr, "LOCAL", "172.17.0.2:48122")
				for _, text := range texts {
					if !begins.MatchString(text) {
						continue
					}
					if strings.Contains(place.log, `msg="`) || strings.Contains(place.log, `desc = "`) { // printed by %q
						text = strings.ReplaceAll(strings.ReplaceAll(text, `\`, `\\`), `"`, `\"`)
					}
					if got := explain(t, in.Replace(strings.ReplaceAll(place.log, "FAILURE", text))); !c.count(excerpt{want: want}, got) {
						t.Errorf("%s, %s: %s: got %v, want %s", place.name, h.name, text, ids(got), want)
					}
				}
			}
		}
	}
	if c.failures < 900 || c.unrelated < 600 {
		t.Errorf("%d failures and %d others are too few", c.failures, c.unrelated)
	}
}
