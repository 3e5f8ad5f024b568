package cacheserver

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-github/v92/github"
)

func faultsOf(t testing.TB, texts ...string) (faults []Fault) {
	t.Helper()
	for _, text := range texts {
		f, err := ParseFault(text)
		if err != nil {
			t.Fatal(err)
		}
		faults = append(faults, f)
	}
	return faults
}

func TestFaultGrammar(t *testing.T) {
	for text, want := range map[string]string{
		"":                        "want PATTERN",
		"/x":                      "want PATTERN",
		"/x:503:1:2:3":            "want PATTERN",
		"x:503":                   "want a path that begins with",
		"GET x:503":               "want a path that begins with",
		" :503":                   "want a path that begins with",
		"/x:200":                  "want a status",
		"/x:abc":                  "want a status",
		"/x:cut=0":                "want cut=BYTES",
		"/x:503:-1":               "want a number",
		"/x:503:":                 "want a number",
		"/x:503:1:soon":           "want a number",
		"POST /twirp/*:503:2":     "",
		"*:cut":                   "",
		"PUT /*?*comp=block*:500": "",
		"GET /x:cut=100:1":        "",
		"DELETE /repos/*:429:0:7": "",
	} {
		_, err := ParseFault(text)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestFaultsSpoilRequests(t *testing.T) {
	s := serve(t, Options{Faults: faultsOf(t,
		"GET /repos/*/caches:503:2", "DELETE /repos/*:429:1:7", "PUT /devstoreaccount1/*comp=block&*:500:1", "GET /rate_limit:cut",
		"GET /devstoreaccount1/*:cut=3:1", "GET /repos/*?*page=2*:502",
	)})
	id := s.save(t, mainRef, "key", "content")
	token := s.restToken(t, true)
	const path = "/repos/local/repo/actions/caches"
	for _, want := range []int{503, 503, 200} {
		if got := s.do(t, "GET", path, token, ""); got.status != want {
			t.Errorf("%d, want %d", got.status, want)
		}
	}
	if got := s.do(t, "GET", path+"?page=2", token, ""); got.status != 502 {
		t.Errorf("by query: %d", got.status)
	}
	_, err := s.github(t, true).Actions.DeleteCachesByID(t.Context(), "local", "repo", id)
	if e, ok := errors.AsType[*github.AbuseRateLimitError](err); !ok || e.GetRetryAfter() != 7*time.Second {
		t.Errorf("delete: %v", err)
	}
	if resp, err := http.DefaultTransport.RoundTrip(request(t, s.url+"/rate_limit")); err == nil {
		resp.Body.Close()
		t.Errorf("cut: %s", resp.Status)
	}
	resp, err := http.DefaultTransport.RoundTrip(request(t, s.blobURL(s.url, id, toRead)))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if got, err := io.ReadAll(resp.Body); string(got) != "con" || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("cut after 3 bytes: %q, %v", got, err)
	}
	// The count is used up, and a client that resumes gets the rest.
	if got := s.do(t, "GET", s.blobURL(s.url, id, toRead), "", "", "Range", "bytes=3-"); got.body != "tent" {
		t.Errorf("resumed: %q", got.body)
	}
}

// A client is told of a fault in the way of the protocol that it speaks.
func TestFaultsSpeakTheProtocol(t *testing.T) {
	s := serve(t, Options{Faults: faultsOf(t, "*:503:0:7")})
	_, up, _ := s.reserve(t)
	for path, want := range map[string]string{
		twirpPath + "CreateCacheEntry": `"code":"unavailable","msg":"injected fault: Service Unavailable"`,
		v1Path + "caches":              `"typeKey":"InternalServerError"`,
		up:                             `<Code>InternalError</Code>`,
		"/api/v3/repos/local/repo":     `"documentation_url":"https://docs.github.com/rest#secondary-rate-limits"`,
	} {
		got := s.do(t, "GET", path, "", "")
		if got.status != 503 || got.header.Get("Retry-After") != "7" || !strings.Contains(got.body, want) {
			t.Errorf("%s: %d %v %s", path, got.status, got.header, got.body)
		}
	}
}

func request(t *testing.T, url string) *http.Request {
	r, err := http.NewRequestWithContext(t.Context(), "GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestLatencyIsWaited(t *testing.T) {
	s := serve(t, Options{Latency: 50 * time.Millisecond})
	start := time.Now()
	s.do(t, "GET", "/rate_limit", s.restToken(t, false), "")
	if waited := time.Since(start); waited < 50*time.Millisecond {
		t.Errorf("%v", waited)
	}
}

func FuzzFault(f *testing.F) {
	for _, seed := range []string{"POST /twirp/*:503:2", "*:cut=5:1:9", "/a?b=*:429", "::", "/[:500"} {
		f.Add(seed, "/twirp/x")
	}
	f.Fuzz(func(t *testing.T, text, path string) {
		fault, err := ParseFault(text)
		if err != nil {
			return
		}
		if fault.status != 0 && (fault.status < 400 || fault.status > 599) || fault.count < 0 || fault.after < 0 || fault.retry < 0 {
			t.Fatalf("%q is %+v", text, fault)
		}
		fault.matches(&http.Request{Method: "GET", URL: &url.URL{Path: path}})
	})
}
