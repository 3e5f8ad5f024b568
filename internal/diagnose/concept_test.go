package diagnose_test

import (
	"strings"
	"testing"
)

// inOtherWords are failures in words that no expression of the catalogue has, and that no tracker was asked for.
var inOtherWords = map[string]struct{ log, want string }{
	"a tool looks for buildx":                {"INFO [1] Running docker buildx version\n  ERROR (Deploy::BuildError): Docker buildx plugin is not installed locally", "buildx-missing"},
	"a tool wants buildx":                    {"Error: this command needs Docker; buildx is required but was not found", "buildx-missing"},
	"a shell looks for buildx":               {"bash: docker-buildx: command not found\nmake: *** [image] Error 127", "buildx-missing"},
	"a builder that buildx does not know":    {"error: buildx: image r/a:1 not found", ""},
	"a builder that is late":                 {"error: buildkitd did not become ready in time", "builder-not-started"},
	"a builder whose container ended":        {"error: container buildx_buildkit_ci0 exited unexpectedly (137)", "builder-died"},
	"a container that ended well":            {"buildx_buildkit_ci0 exited with code 0", ""},
	"an entry that may not be deleted":       {"could not delete the caches of pull/7: HTTP 403", "rest-permission"},
	"a branch that may not be deleted":       {"could not delete the branch: HTTP 403", ""},
	"a builder that nobody can reach":        {"error: could not connect to the builder instance ci0: not running", "builder-not-started"},
	"buildkitd that is not healthy":          {"Waiting for buildkitd\nError: buildkitd is unhealthy after 30s", "builder-not-started"},
	"no Engine, while buildx is set up":      {"[command]/usr/bin/docker buildx version\n::endgroup::\n::error::failed to connect to the docker API at unix:///var/run/docker.sock; check if the daemon is running", "builder-not-started"},
	"buildkitd that goes down":               {"Error: transport is closing\nIt seems that buildkitd is shutting down or it has crashed.", "builder-died"},
	"buildkitd that panics":                  {"panic: failed to get edge\n\ngoroutine 101 [running]:\ngithub.com/moby/buildkit/solver.(*pipeFactory).NewInputRequest(0xc0)\n", "builder-died"},
	"a disk, as .NET words it":               {"#166 exporting to image\n#166 exporting layers\nSystem.IO.IOException: No space left on device", "disk-full-somewhere"},
	"a disk, as gzip words it":               {"gzip: stdout: No space left on device\n/usr/bin/tar: cache.tgz: Wrote only 4096 of 10240 bytes", "disk-full-somewhere"},
	"a context in place of a builder":        {"docker build failed: failed to build a/b: exit status 1: ERROR: use `docker --context=default buildx` to switch to context \"default\"", "builder-refused"},
	"a service that another client asks":     {"error: the GitHub Actions cache returned 502 Bad Gateway", "service-down"},
	"a service that wants less":              {"WARN could not upload: cache service says Too Many Requests", "throttled"},
	"a host that has no name":                {"Error: cannot reach results-receiver.actions.githubusercontent.com: no such host", "dns"},
	"a path of version 1":                    {"load cache https://acghubeus2.actions.githubusercontent.com/U/_apis/artifactcache/cache?keys=u\n  Error Trace: cache_test.go:53\n  Received unexpected error:\n  the service is temporarily unavailable", "v1-endpoint"},
	"far from the end, but before an error":  {"buildkitd is unhealthy after 30s\n##[error]Process completed with exit code 1.\n" + strings.Repeat("Cleaning up orphan processes\n", 40), "builder-not-started"},
	"in the middle, where nothing failed":    {"buildkitd is unhealthy after 30s\n" + strings.Repeat("Some line of some other program\n", 40), ""},
	"in a RUN step":                          {"#9 1.5 buildkitd is unhealthy after 30s\n#9 1.6 Docker buildx plugin is not installed", ""},
	"before a RUN step that failed":          {"buildkitd is unhealthy after 30s\nERROR: failed to solve: process \"/bin/sh -c make\" did not complete successfully: exit code: 1", ""},
	"in the name of a key":                   {"Failed to save: Unable to reserve cache with key linux-yarn-v1, another process may be creating it", "key-exists"},
	"before a build that ended on another":   {"buildkitd is unhealthy after 30s\nError: x\n" + strings.Repeat("more\n", 40) + "ERROR: failed to solve: some reason", ""},
	"of another store of caches":             {"yarn cache: 503 Service Unavailable\nsaving the cache of npm: npm ERR! 503", ""},
	"of a bucket":                            {"Uploading cache to s3://bucket/key\nupload failed: connection reset by peer", ""},
	"of a module of buildx":                  {"go: downloading github.com/docker/buildx v0.20.0\ngo: github.com/docker/buildx@v0.20.0: not found", ""},
	"of another server of caches":            {"Varnish cache server returned 503 Backend fetch failed", ""},
	"of a cache in memory":                   {"Error: cache storage: connect ETIMEDOUT 10.0.0.3:6379", ""},
	"of a test":                              {"FAILED tests/test_cache.py::test_upload - TimeoutError: cache upload timed out", ""},
	"of an assertion":                        {"AssertionError: expected cache write to be 200 but got 503", ""},
	"of a key in a map":                      {"ERROR: key 'foo' already exists in map", ""},
	"of Buildkite":                           {"Error: could not connect to buildkite agent: timed out waiting", ""},
	"of the next step":                       {"Restoring cache\nRun cargo test\nthread main panicked: connection reset by peer", ""},
	"of another restore":                     {"error: timed out\nFailed to restore /src/App.csproj (in 3 sec).", ""},
	"of an image that is saved":              {"Error: failed to save image: write /tmp/img.tar: no space left on device", ""},
	"of a comment on caches":                 {"Warning: Error deleting old caches comment: Resource not accessible by integration", ""},
	"of a linker":                            {"ld: error: failed to write output 'builder': No space left on device", ""},
	"of another builder":                     {"Error: docker exec failed: unable to connect to builder host", ""},
	"of a disk that is nobody's":             {"System.IO.IOException: No space left on device", ""},
	"of a registry, by its path":             {"Error: cache export to https://ghcr.io/v2/o/r/blobs failed: 503 Service Unavailable", ""},
	"an error of the page of another client": {"Error: Failed to CreateArtifact: cache service unavailable", ""},
}

func TestACauseInOtherWords(t *testing.T) {
	for name, test := range inOtherWords {
		got := explain(t, test.log)
		if first := strings.Join(ids(got), " "); first != test.want {
			t.Errorf("%s: got %q, want %q", name, first, test.want)
		}
		if len(got) > 0 && got[0].Cause.Certain {
			t.Errorf("%s: other words are no certainty", name)
		}
	}
}

// A text that the catalogue knows says more than words that only sound like a cause.
func TestOtherWordsCountOnlyWithoutAKnownText(t *testing.T) {
	got := explain(t, "buildkitd is unhealthy after 30s\nError: buildx failed with: ERROR: failed to solve: failed to reserve cache")
	if len(got) != 1 || got[0].Cause.ID != "reserve-refused" {
		t.Errorf("got %v, want what the catalogue knows", ids(got))
	}
}

// Every concept is of a cause in the catalogue: this would panic otherwise.
func TestAnAddressIsInTheTextsWhereTheLineHasIt(t *testing.T) {
	got := explain(t, "the gha cache at 10.0.0.7:3000 says: connection refused")
	if len(got) != 1 || got[0].Cause.ID != "connection-refused" || !strings.Contains(got[0].Cause.Title, "10.0.0.7:3000") {
		t.Errorf("got %+v", got)
	}
}
