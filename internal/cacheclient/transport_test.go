package cacheclient

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/servertest"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/httpclient"
)

func TestFailuresInPassingAreRepeated(t *testing.T) {
	for name, fault := range map[string]string{
		"500":                              "*:500:3",
		"502":                              "*:502:4",
		"503 with Retry-After":             "*:503:2:1",
		"504":                              "*:504:1",
		"429 with Retry-After":             "*:429:2:1",
		"429 without Retry-After":          "*:429:2",
		"403 of the secondary limit":       "*:403:2:60",
		"connections cut before the reply": "*:cut:3",
		"connections cut within the reply": "*:cut=40:3",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := servertest.Open(t, cacheserver.Options{Now: time.Now, Faults: servertest.Faults(t, fault)}, entries(1)...)
				c := client(t, s, "http://direct", Options{Transport: direct{Handler: s}})
				all, err := c.List(t.Context(), Filter{})
				if err != nil || len(all) != 1 {
					t.Errorf("have %v, error %v", all, err)
				}
			})
		})
	}
}

func TestRepetitionsEnd(t *testing.T) {
	for name, fault := range map[string]string{"500": "*:500", "429": "*:429", "cut": "*:cut"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := servertest.Open(t, cacheserver.Options{Now: time.Now, Faults: servertest.Faults(t, fault)})
				count := &counted{RoundTripper: direct{Handler: s}}
				_, err := client(t, s, "http://direct", Options{Transport: count}).List(t.Context(), Filter{})
				if err == nil || count.requests.Load() != httpclient.Attempts {
					t.Errorf("%d requests, error %v", count.requests.Load(), err)
				}
			})
		})
	}
}

func TestCutConnectionsAreRepeatedOverTheNetwork(t *testing.T) {
	s := servertest.Open(t, cacheserver.Options{Faults: servertest.Faults(t, "*:cut:1", "*:cut=100:1")}, entries(3)...)
	all, err := client(t, s, servertest.Serve(t, s), Options{}).List(t.Context(), Filter{})
	if err != nil || len(all) != 3 {
		t.Errorf("have %v, error %v", all, err)
	}
}

func TestTheContextEndsWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := servertest.Open(t, cacheserver.Options{Now: time.Now, Faults: servertest.Faults(t, "*:429:0:600")})
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		begin := time.Now()
		_, err := client(t, s, "http://direct", Options{Transport: direct{Handler: s}}).List(ctx, Filter{})
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) != 5*time.Second {
			t.Errorf("have %v after %v", err, time.Since(begin))
		}
	})
}

func TestAnInterruptedDeletionTellsWhetherItWasDone(t *testing.T) {
	s := servertest.Open(t, cacheserver.Options{}, entries(2)...)
	under, release := make(chan struct{}), make(chan struct{})
	url := servertest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodDelete {
			close(under)
			<-release
		}
		s.ServeHTTP(w, r)
	}))
	c := client(t, s, url, Options{})
	ctx, interrupt := context.WithCancel(t.Context())
	go func() {
		<-under
		interrupt()
		close(release)
	}()
	all, err := c.List(ctx, Filter{})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Delete(ctx, all[0].ID); err != nil {
		t.Errorf("the deletion under way: %v", err)
	}
	if err := c.Delete(ctx, all[1].ID); !errors.Is(err, context.Canceled) {
		t.Errorf("the next one: %v", err)
	}
}

func TestAServiceThatHangsIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
			panic(http.ErrAbortHandler)
		})
		begin := time.Now()
		_, err := clientWith(t, "http://direct", "t0ken", Options{Transport: direct{Handler: hang}}).DefaultBranch(t.Context())
		if took := time.Since(begin); err == nil || took < httpclient.Attempts*httpclient.AttemptTimeout || took > 2*httpclient.Attempts*httpclient.AttemptTimeout {
			t.Errorf("have %v after %v", err, took)
		}
	})
}

// answer gives a reply that the service does not.
func answer(status int, header map[string]string, body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for name, value := range header {
			w.Header().Set(name, value)
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	})
}

func TestErrorsNameRequestAndFix(t *testing.T) {
	s := servertest.Open(t, cacheserver.Options{}, entries(1)...)
	url := servertest.Serve(t, s)
	readOnly, err := s.RESTToken(false, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	denied := servertest.Serve(t, answer(http.StatusForbidden, nil, `{"message":"Resource not accessible by personal access token"}`))
	alternatives := servertest.Serve(t, answer(http.StatusForbidden,
		map[string]string{"X-Accepted-GitHub-Permissions": "pull_requests=read,contents=read; contents=write"}, `{}`))
	for name, test := range map[string]struct {
		err        error
		text, hint string
	}{
		"a token that may not delete": {
			clientWith(t, url, readOnly, Options{}).Delete(t.Context(), 1),
			"deleting cache 1 of " + host(url) + "/local/repo: DELETE " + url + "/api/v3/repos/local/repo/actions/caches/1: 403 Resource not accessible by integration",
			"permissions: {actions: write}\n",
		},
		"a token that may not list": {
			second(clientWith(t, denied, "t0ken", Options{}).List(t.Context(), Filter{})),
			": 403 Resource not accessible by personal access token", "permissions: {actions: read}\n",
		},
		"permissions that GitHub names": {
			second(clientWith(t, alternatives, "t0ken", Options{}).DefaultBranch(t.Context())),
			": 403", "permissions: {pull-requests: read, contents: read}\n",
		},
		"a token of another service": {
			second(clientWith(t, url, "t0ken", Options{}).List(t.Context(), Filter{})),
			": 401 Bad credentials", "gh auth login --hostname " + host(url),
		},
		"another repository": {
			ProbeList(t.Context(), url, "other/repo", readOnly, Options{Now: time.Now}), ": 404 Not Found", "permissions: {actions: read}",
		},
		"no token": {
			ProbeList(t.Context(), url, "other/repo", "", Options{Now: time.Now}), "no token for " + host(url), "gh auth login",
		},
		"no repository": {
			ProbeList(t.Context(), url, "repo", readOnly, Options{Now: time.Now}), "not OWNER/NAME", "repository=OWNER/NAME",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if test.err == nil || !strings.Contains(test.err.Error(), test.text) {
				t.Fatalf("have %v, want %s", test.err, test.text)
			}
			if !strings.Contains(hint.Of(test.err), test.hint) {
				t.Errorf("hint %q, want %q", hint.Of(test.err), test.hint)
			}
		})
	}
}

func second[T any](_ T, err error) error { return err }

func host(url string) string { return strings.TrimPrefix(url, "http://") }

func TestProbeListTellsThatATokenCanList(t *testing.T) {
	s := servertest.Open(t, cacheserver.Options{})
	token, err := s.RESTToken(false, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if err := ProbeList(t.Context(), servertest.Serve(t, s), "local/repo", token, Options{Now: time.Now}); err != nil {
		t.Error(err)
	}
}

func TestTheTokenGoesToNoOtherHost(t *testing.T) {
	strange := servertest.Serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("%s has %q", r.URL, r.Header.Get("Authorization"))
	}))
	away := servertest.Serve(t, http.RedirectHandler(strange+"/repos/local/repo/actions/caches", http.StatusTemporaryRedirect))
	_, err := clientWith(t, away, "t0ken", Options{}).DefaultBranch(t.Context())
	if err == nil || !strings.Contains(err.Error(), "not sending the token") {
		t.Errorf("have %v", err)
	}
}

func TestARenamedRepositoryIsFollowed(t *testing.T) {
	s := servertest.Open(t, cacheserver.Options{}, entries(1)...)
	url := servertest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if old := "/repos/local/old/"; strings.Contains(r.URL.Path, old) {
			http.Redirect(w, r, strings.Replace(r.URL.RequestURI(), old, "/repos/local/repo/", 1), http.StatusMovedPermanently)
			return
		}
		s.ServeHTTP(w, r)
	}))
	c := client(t, s, url, Options{})
	c.target.Repo = "old"
	all, err := c.List(t.Context(), Filter{})
	if err != nil || len(all) != 1 {
		t.Fatalf("have %v, error %v", all, err)
	}
	// net/http turns a DELETE that is redirected like this into a GET.
	if err := c.Delete(t.Context(), all[0].ID); err == nil || !strings.Contains(err.Error(), "changes the method") {
		t.Errorf("have %v", err)
	}
}

func TestAnUntrustedCertificateIsNotRetried(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	server.Config.ErrorLog = discard()
	defer server.Close()
	count := &counted{RoundTripper: httpclient.NewTransport()}
	_, err := clientWith(t, server.URL, "t0ken", Options{Transport: count}).DefaultBranch(t.Context())
	if err == nil || !strings.Contains(err.Error(), "certificate") || count.requests.Load() != 1 {
		t.Errorf("%d requests, error %v", count.requests.Load(), err)
	}
}

func TestNoErrorHoldsTheToken(t *testing.T) {
	const token = "s3cret"
	for name, handler := range map[string]http.Handler{
		"an echo":       answer(http.StatusBadRequest, nil, `{"message":"what is `+token+`?"}`),
		"a permission":  answer(http.StatusForbidden, nil, `{"message":"`+token+` may not"}`),
		"no JSON":       answer(http.StatusOK, nil, token),
		"a wrong page":  answer(http.StatusTeapot, nil, "<html>"+token),
		"a redirection": http.RedirectHandler("http://"+token+".invalid/", http.StatusFound),
	} {
		t.Run(name, func(t *testing.T) {
			c := clientWith(t, servertest.Serve(t, handler), token, Options{})
			_, list := c.List(t.Context(), Filter{})
			_, limits := c.Limits(t.Context())
			_, refs := c.Refs(t.Context(), []string{mainRef, "refs/pull/1/merge"})
			_, run := c.Runs(t.Context(), 0)
			if list == nil || refs == nil || run == nil {
				t.Errorf("no error of %v, %v, %v", list, refs, run)
			}
			err := errors.Join(list, limits, refs, run, c.Delete(t.Context(), 1))
			if text := err.Error() + hint.Of(err); strings.Contains(text, token) {
				t.Errorf("the token is in %s", text)
			}
		})
	}
}
