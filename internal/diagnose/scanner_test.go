package diagnose_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	actionscache "github.com/tonistiigi/go-actions-cache"
	"pgregory.net/rapid"

	"github.com/docker-ghacache/docker-ghacache/internal/diagnose"
)

var findings = cmpopts.IgnoreUnexported(diagnose.Cause{})

func TestFindingsComeBestFirst(t *testing.T) {
	log := `
#5 ERROR: error writing layer blob: failed to reserve cache
Warning: Failed to restore: Cache service responded with 429
#18 ERROR: write /var/lib/buildkit/x: no space left on device
ERROR: failed to solve: maximum timeout reached
Error: buildx failed with: ERROR: failed to solve: maximum timeout reached`
	want := []string{"throttled-too-long", "throttled", "disk-full", "reserve-refused"}
	got := explain(t, log)
	if diff := cmp.Diff(want, ids(got)); diff != "" {
		t.Error(diff)
	}
	if got[0].Line != 5 || !got[0].Fatal || got[1].Fatal {
		t.Errorf("got %+v", got)
	}
}

func TestEvidenceIsTheFirstLineOfItsCause(t *testing.T) {
	got := explain(t, "a\r\n2025-04-16T10:00:00.0000000Z \x1b[31m#7 ERROR: maximum timeout reached\x1b[0m\r\nERROR: failed to solve: maximum timeout reached\r\n")
	want := diagnose.Finding{Line: 2, Evidence: "#7 ERROR: maximum timeout reached", Fatal: true}
	if diff := cmp.Diff([]diagnose.Finding{want}, got, cmpopts.IgnoreFields(diagnose.Finding{}, "Cause")); diff != "" {
		t.Error(diff)
	}
}

func TestEvidenceJoinsTheLinesOfAzure(t *testing.T) {
	got := explain(t, "#4 ERROR: failed to copy: GET https://productionresultssa5.blob.core.windows.net/actions-cache/7e0-27?sig=abc%3D\n---\nRESPONSE 403: 403 Server failed\n")
	want := "#4 ERROR: failed to copy: GET https://productionresultssa5.blob.core.windows.net/actions-cache/7e0-27?sig=*** RESPONSE 403: 403 Server failed"
	if len(got) != 1 || got[0].Evidence != want || got[0].Line != 3 {
		t.Errorf("got %+v", got)
	}
}

func TestEachBuildOfALogIsJudgedAlone(t *testing.T) {
	log := `
+ docker buildx build --cache-from type=gha .
#1 importing cache manifest from gha:15381314327497081110
#2 exporting to image
+ docker buildx bake --set *.cache-to=type=gha,mode=max
#1 exporting to image
#1 DONE 0.1s`
	got := explain(t, log)
	if len(got) != 1 || got[0].Cause.ID != "silently-dropped" || got[0].Line != 5 {
		t.Errorf("got %+v", got)
	}
}

func TestExplainPassesOnTheReadersError(t *testing.T) {
	broken := errors.New("broken")
	if _, err := diagnose.Explain(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

func TestLongLinesAreBounded(t *testing.T) {
	long := strings.Repeat("x", 1<<20)
	got := explain(t, long+"\n#7 ERROR: failed to parse error response 503: "+long+"\n")
	if len(got) != 1 || got[0].Line != 2 || len([]rune(got[0].Evidence)) != 300 {
		t.Errorf("got %+v", got)
	}
}

func TestCatalogueCannotBeChangedByItsReader(t *testing.T) {
	diagnose.Catalogue()[0].ID = "changed"
	if id := diagnose.Catalogue()[0].ID; id == "changed" {
		t.Error("changed")
	}
}

func TestEvidenceCarriesNoCredentials(t *testing.T) {
	const secret = "SECRETSECRETSECRETSECRET"
	for _, form := range []string{
		"eyJhbGciOiJIUzI1NiJ9.eyJ" + secret + ".s" + secret,
		"eyJ" + secret,
		"ghs_" + secret, "ghp_" + secret, "gho_" + secret, "github_pat_11AAAA_" + secret,
		"token=" + secret, "ghtoken=" + secret + ",scope=x", "TOKEN=" + secret, "ACTIONS_RUNTIME_TOKEN=" + secret,
		"https://x.blob.core.windows.net/a?se=1&sig=" + secret + "%3D&sp=r", "https://user:" + secret + "@host/",
		"Authorization: Bearer " + secret, `{"token":"` + secret + `"}`, `msg="{\"token\":\"` + secret + `\"}"`,
		"https://acghubeus1.actions.githubusercontent.com/" + secret + "/_apis/artifactcache/",
		"Authorization: token " + secret, "authorization: " + secret, `"Authorization": "Bearer ` + secret + `"`, "Proxy-Authorization: Basic " + secret,
		"secret_access_key=" + secret, "type=s3,access_key_id=AKIA,secret_access_key=" + secret + ",region=x", "AWS_SECRET_ACCESS_KEY=" + secret,
		"AccountKey=" + secret + "==;EndpointSuffix=core.windows.net", "SharedAccessSignature=sv=1&sig=" + secret, "account_key=" + secret,
		"password: " + secret, "password=" + secret, "PASSWORD = " + secret, `password: "` + secret + ` with spaces"`, "--password " + secret, "--token=" + secret,
		`{"password": "` + secret + `"}`, `{'api_key': '` + secret + `'}`, `"{\"secret\": \"` + secret + `\"}"`, "NPM_TOKEN: " + secret,
		"https://" + secret + "@host/path", "https://x:" + secret + "@host:3128/path?a=b", "glpat-" + secret, "dckr_pat_" + secret,
		"https://host/path?X-Amz-Signature=" + secret + "&X-Amz-Date=1", "https://host/?X-Amz-Security-Token=" + secret, "https://host/?access_token=" + secret,
		"Cookie: session=" + secret,
	} {
		line := "#7 ERROR: failed to parse error response 503: " + form + " end"
		got := explain(t, line)
		if len(got) != 1 {
			t.Fatalf("%s: got %v", form, ids(got))
		}
		if strings.Contains(got[0].Evidence, secret) {
			t.Errorf("%s shows in %q", form, got[0].Evidence)
		}
		if !strings.HasPrefix(got[0].Evidence, "#7 ERROR: failed to parse error response 503: ") {
			t.Errorf("%s: too much is gone: %q", form, got[0].Evidence)
		}
	}
}

// The texts that go-actions-cache makes itself are taken from it, so that a new version cannot change them unseen.
func TestExplainKnowsTheTextsOfTheRealClient(t *testing.T) {
	now := time.Now()
	scopes := `[{"Scope":"refs/heads/main","Permission":3}]`
	for _, test := range []struct {
		name   string
		claims jwt.MapClaims
		want   string
	}{
		{"expired", jwt.MapClaims{"ac": scopes, "exp": now.Add(-time.Hour).Unix(), "nbf": 0}, "token-expired"},
		{"not yet valid", jwt.MapClaims{"ac": scopes, "exp": now.Add(time.Hour).Unix(), "nbf": now.Add(time.Hour).Unix()}, "token-not-yet-valid"},
		{"without ac", jwt.MapClaims{"exp": now.Add(time.Hour).Unix(), "nbf": 0}, "token-without-scopes"},
		{"with ac as a list", jwt.MapClaims{"ac": []string{}, "exp": now.Add(time.Hour).Unix(), "nbf": 0}, "token-without-scopes"},
		{"with ac that is no JSON", jwt.MapClaims{"ac": "x", "exp": now.Add(time.Hour).Unix(), "nbf": 0}, "token-without-scopes"},
	} {
		t.Run("a token that is "+test.name, func(t *testing.T) {
			_, err := actionscache.New(sign(t, test.claims), "http://localhost/", true, actionscache.Opt{})
			wantCause(t, err, test.want)
		})
	}
	t.Run("a token that is no JWT", func(t *testing.T) {
		_, err := actionscache.New("opaque", "http://localhost/", true, actionscache.Opt{})
		wantCause(t, err, "token-malformed")
	})
	for _, test := range []struct {
		code int
		body string
		want string
	}{
		{422, `{"message":"This legacy service is shutting down, effective April 15, 2025. Migrate to the new service ASAP. For more information: https://gh.io/gha-cache-sunset"}`, "v1-sunset"},
		{429, "slow down", "throttled-too-long"},
		{429, `{"code":"resource_exhausted","msg":"slow down"}`, "throttled-too-long"},
		{400, "<!DOCTYPE html>", "html-400"},
		{503, "<html>", "service-down"},
		{404, "404 page not found\n", "no-such-service"},
		{404, `{"code":"not_found","msg":"no entry"}`, "entry-lost"},
		{403, `{"code":"permission_denied","msg":"no"}`, "token-rejected"},
		{401, "Unauthorized", "token-rejected"},
		{500, `{"code":"internal","msg":"oops"}`, "service-down"},
		{200, `{"ok":false}`, "reserve-refused"},
		{200, `{"ok":false,"message":"cache write denied: token has no writable scopes"}`, "reserve-refused"},
		{200, "<html>", "not-json"},
	} {
		t.Run(fmt.Sprintf("a reply %d %.20s", test.code, test.body), func(t *testing.T) {
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", "3600")
				w.WriteHeader(test.code)
				fmt.Fprint(w, test.body)
			}))
			defer srv.Close()
			wantCause(t, save(t, srv.URL), test.want)
		})
	}
	t.Run("nobody who listens", func(t *testing.T) {
		srv := httptest.NewServer(http.NotFoundHandler())
		srv.Close()
		wantCause(t, save(t, srv.URL), "loopback-refused")
	})
	t.Run("a certificate of nobody", func(t *testing.T) {
		srv := httptest.NewTLSServer(http.NotFoundHandler())
		defer srv.Close()
		wantCause(t, save(t, srv.URL), "tls")
	})
	t.Run("a URL without scheme", func(t *testing.T) { wantCause(t, save(t, "/cache"), "url-invalid") })
	t.Run("a URL without slash", func(t *testing.T) { wantCause(t, save(t, "http://localhost:3000twirp/"), "url-invalid") })
}

func sign(t *testing.T, claims jwt.MapClaims) string {
	t.Helper()
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte("key"))
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func save(t *testing.T, url string) error {
	t.Helper()
	token := sign(t, jwt.MapClaims{"ac": `[{"Scope":"refs/heads/main","Permission":3}]`, "exp": time.Now().Add(time.Hour).Unix(), "nbf": 0})
	c, err := actionscache.New(token, url, true, actionscache.Opt{Timeout: time.Second, BackoffPool: &actionscache.BackoffPool{}})
	if err != nil {
		t.Fatal(err)
	}
	return c.Save(t.Context(), "key", actionscache.NewBlob([]byte("blob")))
}

// wantCause explains an error as BuildKit would print it on the step of a gha cache.
func wantCause(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	wrap := ""
	if strings.HasPrefix(want, "token-") && want != "token-rejected" {
		wrap = "failed to configure gha cache exporter: "
	}
	got := explain(t, fmt.Sprintf("#18 exporting to GitHub Actions Cache\n#18 ERROR: %s%v\n", wrap, err))
	if len(got) == 0 || got[0].Cause.ID != want {
		t.Errorf("%v\n got %v\nwant %s", err, ids(got), want)
	}
}

func TestChunksDoNotMatter(t *testing.T) {
	var pieces []string
	for _, l := range realLogs {
		pieces = append(pieces, l.log)
	}
	pieces = append(pieces, "\r", "\n", "\r\n", "\x1b[", "31m", "#18 ", "ERROR: ", "\xff", strings.Repeat("y", 20<<10))
	rapid.Check(t, func(t *rapid.T) {
		log := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 12).Draw(t, "log"), rapid.SampledFrom([]string{"", "\n", "\r\n"}).Draw(t, "between"))
		want := scan(log)
		var cuts []string
		for rest := log; rest != ""; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "cut")
			cuts, rest = append(cuts, rest[:n]), rest[n:]
		}
		if diff := cmp.Diff(want, scan(cuts...), findings); diff != "" {
			t.Fatal(diff)
		}
	})
}

func scan(chunks ...string) []diagnose.Finding {
	s := diagnose.NewScanner()
	for _, c := range chunks {
		if n, err := s.Write([]byte(c)); n != len(c) || err != nil {
			panic(fmt.Sprint("wrote ", n, " of ", len(c), ": ", err))
		}
	}
	return s.Findings()
}

// wantFailureAmong holds the cause of a failure against all that the log shows.
func wantFailureAmong(t *testing.T, log string, all []diagnose.Finding) {
	t.Helper()
	s := diagnose.NewScanner()
	s.Write([]byte(log))
	failure, ok := s.Failure()
	if ok && !slices.ContainsFunc(all, func(f diagnose.Finding) bool { return f.Fatal && f.Cause.ID == failure.Cause.ID }) {
		t.Fatalf("%s is the cause, and not among the findings %q", failure.Cause.ID, ids(all))
	}
}

func FuzzScanner(f *testing.F) {
	for _, l := range realLogs {
		f.Add(l.log, 7)
	}
	for _, l := range ordinary {
		f.Add(l, 1)
	}
	f.Add("\r\r\n\x1b]0;title\x07#1 ERROR: token=x\xff\n", 3)
	f.Fuzz(func(t *testing.T, log string, size int) {
		want := scan(log)
		var chunks []string
		for rest := log; rest != ""; {
			n := min(len(rest), max(size&0xff, 1))
			chunks, rest = append(chunks, rest[:n]), rest[n:]
		}
		got := scan(chunks...)
		if diff := cmp.Diff(want, got, findings); diff != "" {
			t.Fatal(diff)
		}
		wantFailureAmong(t, log, got)
		for _, finding := range got {
			if strings.ContainsAny(finding.Evidence, "\x1b\r\n") || len([]rune(finding.Evidence)) > 300 || finding.Line < 1 {
				t.Fatalf("%+v", finding)
			}
		}
	})
}
