package diagnose_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
	"pgregory.net/rapid"

	"github.com/docker-ghacache/docker-ghacache/internal/diagnose"
)

// recorded are logs of real builds with the embedded cache service: testdata/logs, as internal/e2e saw them.
var recorded = map[string]struct {
	failure string   // the cause on which the build ended, "" where that is not the cache's
	others  []string // what else the log shows
}{
	"push-refused":                     {},
	"push-refused-ignore-error":        {},
	"push-no-such-host":                {},
	"push-certificate":                 {},
	"push-401":                         {},
	"push-403":                         {},
	"push-500":                         {},
	"bake-push-refused":                {},
	"bake-push-certificate":            {},
	"bake-push-401":                    {},
	"cache-500":                        {failure: "service-down"},
	"bake-cache-503":                   {failure: "service-down"},
	"bake-cache-429":                   {failure: "throttled-too-long"},
	"cache-403-after-throttling":       {failure: "token-rejected", others: []string{"throttled-too-long"}},
	"blob-403":                         {failure: "blob-refused"},
	"cache-down":                       {failure: "loopback-refused"},
	"bake-cache-down":                  {failure: "loopback-refused"},
	"cache-hangs-up":                   {failure: "connection-broken"},
	"cache-500-cancels-push":           {failure: "service-down"},
	"tolerated-500-and-a-failing-step": {others: []string{"another-error", "service-down"}},
	"bake-blob-507":                    {failure: "blob-storage-error"},
	"local-layer-missing":              {failure: "local-layer-missing"},
}

func TestTheFatalErrorDecides(t *testing.T) {
	for name, test := range recorded {
		log := read(t, name)
		for dressed, f := range dress {
			t.Run(name+", "+dressed, func(t *testing.T) {
				s := diagnose.NewScanner()
				io.WriteString(s, f(log))
				got, _ := s.Failure()
				if got.Cause.ID != test.failure || got.Fatal != (test.failure != "") {
					t.Errorf("got %q, want %q", got.Cause.ID, test.failure)
				}
				want := test.others
				if test.failure != "" {
					want = append([]string{test.failure}, want...)
				}
				if got := ids(s.Findings()); strings.Join(got, " ") != strings.Join(want, " ") {
					t.Errorf("all findings are %q, want %q", got, want)
				}
			})
		}
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	log, err := os.ReadFile(filepath.Join("testdata/logs", name+".log"))
	if err != nil {
		t.Fatal(err)
	}
	return string(log)
}

func TestEveryRecordedLogIsTested(t *testing.T) {
	files, err := filepath.Glob("testdata/logs/*.log")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != len(recorded) {
		t.Errorf("%d logs, %d tests", len(files), len(recorded))
	}
}

// Where the fatal error is missing, as of a build that was killed, a cause is not known to be one.
func TestWithoutAFatalErrorNothingFailed(t *testing.T) {
	for name := range recorded {
		steps, _, _ := strings.Cut(read(t, name), "\nERROR: ")
		s := diagnose.NewScanner()
		io.WriteString(s, steps)
		if got, ok := s.Failure(); ok {
			t.Errorf("%s: got %s", name, got.Cause.ID)
		}
	}
}

func TestTheLastFatalErrorCounts(t *testing.T) {
	for name, test := range map[string]struct{ log, want string }{
		"a failure that is tried again with success for the cache": {`
ERROR: failed to build: failed to solve: maximum timeout reached
ERROR: failed to build: failed to solve: process "/bin/sh -c make" did not complete successfully: exit code: 2`, ""},
		"the other way round": {`
ERROR: failed to build: failed to solve: process "/bin/sh -c make" did not complete successfully: exit code: 2
ERROR: failed to build: failed to solve: maximum timeout reached`, "throttled-too-long"},
		"a code of gRPC in front": {`
ERROR: failed to build: failed to solve: DeadlineExceeded: Post "http://10.0.0.1:80/twirp/github.actions.results.api.v1.CacheService/CreateCacheEntry": context deadline exceeded`, "network-timeout"},
		"a code of gRPC in place of the error": {`
#20 exporting to GitHub Actions Cache
#20 ERROR: Post "http://10.0.0.1:80/twirp/github.actions.results.api.v1.CacheService/CreateCacheEntry": dial tcp 10.0.0.1:80: i/o timeout
ERROR: failed to build: failed to solve: DeadlineExceeded`, ""},
		"a connection to BuildKit that is lost": {`
ERROR: failed to receive status: rpc error: code = Unavailable desc = error reading from server: EOF`, "builder-died"},
		"a step that another build called the cache's": {`
#0 building with "b" instance using docker-container driver
#7 exporting to GitHub Actions Cache
#7 DONE 0.1s
#0 building with "b" instance using docker-container driver
#7 [3/4] COPY a b
#7 ERROR: failed to calculate checksum: "/a": not found
ERROR: failed to build: failed to solve: failed to calculate checksum: "/a": not found`, ""},
		"an error that the cache and a step have in common": {`
#6 exporting to image
#6 ERROR: the moon is in the wrong phase
#7 exporting to GitHub Actions Cache
#7 ERROR: the moon is in the wrong phase
ERROR: failed to build: failed to solve: the moon is in the wrong phase`, ""},
		"an unknown error of a target's cache": {`
#7 [one] exporting to GitHub Actions Cache
#7 ERROR: error writing layer blob: the moon is in the wrong phase
ERROR: target one: failed to solve: error writing layer blob: the moon is in the wrong phase`, "cache-step-failed"},
	} {
		t.Run(name, func(t *testing.T) {
			s := diagnose.NewScanner()
			io.WriteString(s, test.log)
			if got, _ := s.Failure(); got.Cause.ID != test.want {
				t.Errorf("got %q, want %q", got.Cause.ID, test.want)
			}
		})
	}
}

// Whatever a log shows of the cache, the error of another part of the build is not the cache's.
func TestAnotherErrorIsNeverTheCaches(t *testing.T) {
	var pieces []string
	for _, l := range realLogs {
		for line := range strings.Lines(l.log) {
			if !endsBuild.MatchString(line) {
				pieces = append(pieces, strings.TrimSuffix(line, "\n"))
			}
		}
	}
	others := []string{
		`process "/bin/sh -c make # maximum timeout reached" did not complete successfully: exit code: 2`,
		`failed to push r.example.com/app: failed to do request: Head "https://r.example.com/v2/app/blobs/sha256:1": dial tcp: lookup r.example.com: no such host`,
		`failed to push r.example.com/app: unexpected status from HEAD request to https://r.example.com/v2/app/blobs/sha256:1: 403 Forbidden`,
		`failed to read dockerfile: open Dockerfile: no such file or directory`,
		`Canceled: context canceled`,
	}
	rapid.Check(t, func(t *rapid.T) {
		log := rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 8).Draw(t, "log")
		other := rapid.SampledFrom(others).Draw(t, "other")
		if rapid.Bool().Draw(t, "cancelled") {
			log = append(log, "#98 exporting to image", "#99 exporting to GitHub Actions Cache",
				`#99 ERROR: error writing layer blob: Post "http://127.0.0.1:1/twirp/github.actions.results.api.v1.CacheService/CreateCacheEntry": `+other)
		}
		log = append(log, "#98 ERROR: "+other, "ERROR: failed to build: failed to solve: "+other)
		s := diagnose.NewScanner()
		io.WriteString(s, strings.Join(log, "\n"))
		if got, ok := s.Failure(); ok {
			t.Fatalf("%s\ngot %s", strings.Join(log, "\n"), got.Cause.ID)
		}
	})
}

// endsBuild is what buildx and build-push-action end with.
var endsBuild = regexp.MustCompile(`failed to (?:solve|build|receive status)|failed with`)

// Certainty is for texts that have one explanation.
func TestCertaintyNeedsProof(t *testing.T) {
	const (
		post  = `Post "https://results-receiver.actions.githubusercontent.com/twirp/github.actions.results.api.v1.CacheService/CreateCacheEntry": `
		rule  = "\n--------------------------------------------------------------------------------\n"
		put   = "error writing layer blob: PUT https://productionresultssa1.blob.core.windows.net/actions-cache/ccc-58" + rule
		get   = "failed to copy: GET https://productionresultssa1.blob.core.windows.net/actions-cache/ccc-58" + rule
		azure = "RESPONSE 403: 403 Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature.\nERROR CODE: AuthenticationFailed"
		late  = azure + rule + "\ufeff<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>AuthenticationFailed</Code><Message>Server failed to authenticate the request.\nRequestId:6f5b2a1c\nTime:2026-03-02T10:11:12.1234567Z</Message><AuthenticationErrorDetail>Signature not valid in the specified time frame: Start [Mon, 02 Mar 2026 08:00:00 GMT] - Expiry [Mon, 02 Mar 2026 09:00:00 GMT] - Current [Mon, 02 Mar 2026 10:11:12 GMT]</AuthenticationErrorDetail></Error>" + rule
	)
	for name, test := range map[string]struct {
		message, want string
		certain       bool
	}{
		"the storage of the repository's caches":            {"failed to parse error response 403: Cache storage quota has been hit", "quota-full", true},
		"the storage of some cache":                         {"storage quota exceeded for the build cache", "quota-full", false},
		"an upload, too late by Azure's own words":          {put + late, "upload-url-expired", true},
		"an upload that Azure does not accept":              {put + azure, "upload-url-expired", false},
		"an upload that something forbids":                  {put + "RESPONSE 403: 403 Forbidden\nERROR CODE UNAVAILABLE", "blob-refused", false},
		"a download, too late by Azure's own words":         {get + late, "url-expired", true},
		"a download that Azure does not accept":             {get + azure, "url-expired", false},
		"a download that something forbids":                 {get + "RESPONSE 403: 403 Forbidden\nERROR CODE UNAVAILABLE", "blob-refused", false},
		"a download of version 1 that something forbids":    {"failed to copy: invalid status response 403 Forbidden for https://cache.example.com/a", "blob-refused", false},
		"a layer that the storage does not have":            {get + "RESPONSE 404: 404 The specified blob does not exist.\nERROR CODE: BlobNotFound", "layer-evicted", true},
		"a layer that something does not have":              {get + "RESPONSE 404: 404 Not Found\nERROR CODE UNAVAILABLE", "layer-evicted", false},
		"a layer that is in no cache that may be read":      {"blob sha256:1fb11dfd: not found", "layer-evicted", false},
		"a storage that names its error":                    {get + "RESPONSE 503: 503 The server is busy.\nERROR CODE: ServerBusy", "blob-storage-error", true},
		"a 503 of whom it may be":                           {get + "RESPONSE 503: 503 Service Unavailable\nERROR CODE UNAVAILABLE", "blob-storage-error", false},
		"a service that says that it is down":               {"failed to parse error response 503: { 'message': 'GitHub Actions is temporarily unavailable.' }: x", "service-down", true},
		"a page with status 502":                            {"failed to parse error response 502: <html>: x", "service-down", false},
		"a status 429":                                      {"failed to parse error response 429: slow down: x", "throttled", true},
		"a code that stands for a full cache too":           {"resource_exhausted", "throttled", false},
		"a full disk of the builder":                        {"write /var/lib/buildkit/runc-overlayfs/content/ingest/1/data: no space left on device", "disk-full", true},
		"a full disk of whom it may be":                     {"failed to push r/app: unknown: blob upload: no space left on device", "disk-full-somewhere", false},
		"a proxy that does not answer":                      {post + "proxyconnect tcp: dial tcp 10.0.0.1:3128: connect: connection refused", "proxy", true},
		"a proxy that forbids":                              {post + "Forbidden", "proxy", true},
		"an authority that nobody knows":                    {post + "tls: failed to verify certificate: x509: certificate signed by unknown authority", "tls", true},
		"a certificate of another name":                     {post + "tls: failed to verify certificate: x509: certificate is valid for a, not b", "tls-failed", false},
		"a server that speaks no TLS":                       {post + "http: server gave HTTP response to HTTPS client", "no-tls", false},
		"a cache that was cancelled by something unproxied": {post + "failed to push r/app: Bad Gateway", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			got, _ := diagnose.ExplainError(test.message)
			if got.Cause.ID != test.want || got.Cause.Certain != test.certain {
				t.Errorf("got %q, certain %v; want %q, %v\n%s", got.Cause.ID, got.Cause.Certain, test.want, test.certain, got.Evidence)
			}
		})
	}
}

// What follows a request's URL may be the error of another part of the build, which cancelled the request.
func TestTheNetworksOfOthersAreNotTheCaches(t *testing.T) {
	for _, theirs := range []string{
		"dial tcp 127.0.0.1:5000: connect: connection refused", "dial tcp 10.0.0.1:443: connect: no route to host",
		"dial tcp: lookup r on 10.0.0.2:53: no such host", "dial tcp 10.0.0.1:443: i/o timeout", "net/http: TLS handshake timeout",
		"context deadline exceeded", "tls: failed to verify certificate: x509: certificate signed by unknown authority",
		"tls: handshake failure", "proxyconnect tcp: dial tcp 10.0.0.1:3128: connect: connection refused", "Bad Gateway",
		"EOF", "read tcp 10.0.0.2:1->10.0.0.1:443: read: connection reset by peer", "http2: client connection lost",
	} {
		url := `Post "http://127.0.0.1:1/twirp/github.actions.results.api.v1.CacheService/CreateCacheEntry": `
		if _, ok := diagnose.ExplainError(url + theirs); !ok {
			t.Errorf("%s is not known", theirs)
		}
		if got, ok := diagnose.ExplainError(url + `failed to push r/app: failed to do request: Head "https://r/v2/app/blobs/1": ` + theirs); ok {
			t.Errorf("%s of a push is %s", theirs, got.Cause.ID)
		}
		if got, ok := diagnose.ExplainError(`failed to push r/app: failed to do request: Head "https://r/v2/actions-cache/blobs/1": ` + theirs); ok {
			t.Errorf("%s of a registry is %s", theirs, got.Cause.ID)
		}
	}
}

func TestBareTextsProveLess(t *testing.T) {
	for name, test := range map[string]struct {
		log, want string
		certain   bool
	}{
		"a docker without buildx":                      {"docker: 'buildx' is not a docker command.", "buildx-missing", true},
		"a flag that another command does not know":    {"unknown flag: --cache-to", "buildx-missing", false},
		"an import from an image named gha":            {"#9 importing cache manifest from gha", "gha-as-reference", true},
		"a login for an image named gha":               {"#19 [auth] library/gha:pull token for registry-1.docker.io", "gha-as-reference", false},
		"a key that exists":                            {"Failed to save: Unable to reserve cache with key K, another job may be creating this cache. More details: Cache already exists. Scope: s", "key-exists", true},
		"a key that could not be reserved":             {"Failed to save: Unable to reserve cache with key K, another job may be creating this cache.", "key-exists", false},
		"a write that was denied, to @actions/cache 6": {"Warning: Failed to save: Unable to reserve cache with key K. More details: cache write denied: token has no writable scopes", "read-only-token", true},
		"a limit that the toolkit met":                 {"Warning: You've hit a rate limit, your rate limit will reset in 18 seconds", "throttled", false},
	} {
		t.Run(name, func(t *testing.T) {
			got := explain(t, test.log)
			if len(got) != 1 || got[0].Cause.ID != test.want || got[0].Cause.Certain != test.certain || got[0].Fatal {
				t.Errorf("got %+v, want %s, certain %v", got, test.want, test.certain)
			}
		})
	}
}

// Azure's client has the last word on what its errors look like.
func TestExplainKnowsTheErrorsOfAzuresClient(t *testing.T) {
	const body = "\ufeff<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>AuthenticationFailed</Code><Message>Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature.\nRequestId:6f5b2a1c-001e-0052-0c7a-2b1d4e000000\nTime:2026-03-02T10:11:12.1234567Z</Message><AuthenticationErrorDetail>Signature not valid in the specified time frame: Start [Mon, 02 Mar 2026 08:00:00 GMT] - Expiry [Mon, 02 Mar 2026 09:00:00 GMT] - Current [Mon, 02 Mar 2026 10:11:12 GMT]</AuthenticationErrorDetail></Error>"
	for name, test := range map[string]struct {
		status     int
		code, body string
		want       string
		certain    bool
	}{
		"an expired URL":                   {403, "AuthenticationFailed", body, "upload-url-expired", true},
		"the same without its body":        {403, "AuthenticationFailed", "", "upload-url-expired", false},
		"a firewall's page":                {403, "", "<html>\nblocked by policy\n</html>", "blob-refused", false},
		"a code of somebody's own in JSON": {403, "", `{"code":"Forbidden","message":"no"}`, "blob-refused", false},
		"a proxy that fails":               {502, "", "", "blob-storage-error", false},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if test.code != "" {
					w.Header().Set("X-Ms-Error-Code", test.code)
				}
				w.WriteHeader(test.status)
				io.WriteString(w, test.body)
			}))
			defer server.Close()
			options := &blockblob.ClientOptions{}
			options.Retry.MaxRetries = -1
			client, err := blockblob.NewClientWithNoCredential(server.URL+"/devstoreaccount1/cache/1?sig=x", options)
			if err != nil {
				t.Fatal(err)
			}
			_, err = client.UploadBuffer(t.Context(), []byte("layer"), nil)
			got, _ := diagnose.ExplainError("error writing layer blob: " + err.Error())
			if got.Cause.ID != test.want || got.Cause.Certain != test.certain {
				t.Errorf("%v\n got %q, certain %v; want %q, %v", err, got.Cause.ID, got.Cause.Certain, test.want, test.certain)
			}
		})
	}
}
