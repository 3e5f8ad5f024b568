package cacheclient

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
)

func TestOwnsHoldsTheTokenAgainstTheRepository(t *testing.T) {
	s := open(t, cacheserver.Options{})
	url := serve(t, s)
	r := runtimeOf(t, s, url, 2)
	if err := client(t, s, url, Options{}).Owns(t.Context(), r); err != nil {
		t.Error(err)
	}
	for name, other := range map[string]http.HandlerFunc{
		"another repository": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"id":2}`) },
		"a reply without id": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{}`) },
		"no reply":           func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) },
	} {
		t.Run(name, func(t *testing.T) {
			if err := clientWith(t, serve(t, other), "t0ken", Options{}).Owns(t.Context(), r); err == nil {
				t.Error("takes it for its own")
			}
		})
	}
	if err := clientWith(t, url, "t0ken", Options{}).Owns(t.Context(), &Runtime{}); err != nil {
		t.Errorf("a token that does not tell: %v", err)
	}
}

func TestRepositoryOfReadsStringsAndNumbers(t *testing.T) {
	for claims, want := range map[string]int64{`{"repository_id":"12"}`: 12, `{"repository_id":12}`: 12, `{}`: 0, `{"repository_id":"x"}`: 0, `[]`: 0} {
		part := base64.RawURLEncoding.EncodeToString
		token := part([]byte(`{"alg":"none"}`)) + "." + part([]byte(claims)) + "."
		if have := repositoryOf(token); have != want {
			t.Errorf("%s: %d", claims, have)
		}
	}
}
