package relay

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/actions"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"
)

func upstreamToken(t *testing.T, claims jwt.MapClaims) string {
	t.Helper()
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte("the key of the upstream service"))
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestTheRelaysTokenHasTheRefsAndTimesOfGitHubsAndNothingElse(t *testing.T) {
	now := time.Now()
	upstream := upstreamToken(t, jwt.MapClaims{
		"ac":  `[{"Scope":"refs/pull/7/merge","Permission":3},{"Scope":"refs/heads/main","Permission":1}]`,
		"exp": now.Add(time.Hour).Unix(), "nbf": now.Add(-time.Minute).Unix(),
		"repository": "octo/secret", "orch_id": "private",
	})
	r, err := New(Options{Upstream: Upstream{URL: "http://upstream.invalid", Token: upstream}})
	if err != nil {
		t.Fatal(err)
	}
	_, token := r.Environment("127.0.0.1:1")
	want, err := actions.DecodeToken(upstream)
	if err != nil {
		t.Fatal(err)
	}
	got, err := actions.DecodeToken(token)
	if err != nil {
		t.Fatal(err)
	}
	want.Repository = ""
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	claims := jwt.MapClaims{}
	if _, _, err := jwt.NewParser().ParseUnverified(token, claims); err != nil || claims["orch_id"] != nil || token == upstream {
		t.Errorf("%v, %v", claims, err)
	}
}

func TestATokenThatCannotBeReadIsRefusedAndNotQuoted(t *testing.T) {
	for name, token := range map[string]string{
		"no JWT":  "ghs_secret",
		"no refs": upstreamToken(t, jwt.MapClaims{"exp": 1, "nbf": 1}),
		"no end":  upstreamToken(t, jwt.MapClaims{"ac": "[]", "nbf": 1}),
	} {
		_, err := New(Options{Upstream: Upstream{Token: token}})
		if err == nil || strings.Contains(err.Error(), token) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestProbeReachesTheRelayAndNothingElseDoes(t *testing.T) {
	r, err := New(Options{Upstream: Upstream{Token: upstreamToken(t, jwt.MapClaims{"ac": "[]", "exp": 2, "nbf": 1})}})
	if err != nil {
		t.Fatal(err)
	}
	url, content := r.Probe("127.0.0.1:1")
	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequest("GET", url, nil))
	if w.Code != 200 || w.Body.String() != content {
		t.Errorf("%d %q, want %q", w.Code, w.Body, content)
	}
	for _, path := range []string{"/", "/probe/x", "/x/probe/x"} {
		w := httptest.NewRecorder()
		r.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if w.Code != 404 {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

// BuildKit prints what the relay answers, and the relay's log is the job's.
func TestAServiceThatEchoesItsRequestLeaksNoSecretThroughTheRelay(t *testing.T) {
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `{"code":"malformed","msg":"cannot handle %s at https://x.blob.core.windows.net/a?sig=s3cr3t"}`, r.Header.Get("Authorization"))
	}))
	t.Cleanup(front.Close)
	u := serve(t, cacheserver.Options{})
	token := u.token(t)
	r := start(t, u, func(o *Options) { o.Upstream = Upstream{URL: front.URL, Token: token} })
	r.Prefetch(t.Context(), "app")
	err := export(t.Context(), r.client(t), "app", newLayer(1, 10))
	for place, text := range map[string]string{"the log": r.log.String(), "what BuildKit prints": fmt.Sprint(err)} {
		if !strings.Contains(text, "cannot handle") || strings.Contains(text, token) || strings.Contains(text, "s3cr3t") {
			t.Errorf("%s: %s", place, text)
		}
	}
}
