package cacheclient

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/servertest"
	"github.com/docker-ghacache/docker-ghacache/internal/runtimeclient"
)

func TestOwnsHoldsTheTokenAgainstTheRepository(t *testing.T) {
	s := servertest.Open(t, cacheserver.Options{})
	url := servertest.Serve(t, s)
	token, err := s.RuntimeToken([]cacheserver.RefAccess{{Ref: mainRef, Write: true}}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	r, err := runtimeclient.NewReader(url+"/", 2, token, "test")
	if err != nil {
		t.Fatal(err)
	}
	own := r.Repository()
	if err := client(t, s, url, Options{}).Owns(t.Context(), own); err != nil {
		t.Error(err)
	}
	for name, other := range map[string]http.HandlerFunc{
		"another repository": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"id":2}`) },
		"a reply without id": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{}`) },
		"no reply":           func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) },
	} {
		t.Run(name, func(t *testing.T) {
			if err := clientWith(t, servertest.Serve(t, other), "t0ken", Options{}).Owns(t.Context(), own); err == nil {
				t.Error("takes it for its own")
			}
		})
	}
	if err := clientWith(t, url, "t0ken", Options{}).Owns(t.Context(), 0); err != nil {
		t.Errorf("a token that does not tell: %v", err)
	}
}
