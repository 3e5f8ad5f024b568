package relay

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/servertest"
	actionscache "github.com/tonistiigi/go-actions-cache"
)

func TestAServiceThatThrottlesForEverIsWaitedForNoLongerThanByBuildKit(t *testing.T) {
	const timeout = 3 * time.Second
	// took exports with BuildKit's client, and returns how long it takes to fail.
	took := func(t *testing.T, url, token string) time.Duration {
		t.Helper()
		c, err := actionscache.New(token, url, true, actionscache.Opt{Timeout: timeout, Client: &http.Client{Transport: &http.Transport{}}, BackoffPool: &actionscache.BackoffPool{}})
		if err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		err = export(t.Context(), c, "app", newLayer(1, 100), newLayer(2, 9<<20))
		if err == nil || !strings.Contains(err.Error(), "429") && !strings.Contains(err.Error(), "resource_exhausted") {
			t.Errorf("%v", err)
		}
		return time.Since(begun)
	}
	for _, fault := range []string{"POST /twirp/*:429", create + ":429", finalize + ":429", "POST /twirp/*:429:0:1", "POST /twirp/*:429:0:2", "POST /twirp/*:429:0:60"} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			u, direct := serve(t, cacheserver.Options{Faults: servertest.Faults(t, fault)}), timeout
			if !strings.HasSuffix(fault, ":429") { // without Retry-After, there is a data race in the client
				direct = took(t, u.url, u.token(t))
			}
			r := start(t, u, func(o *Options) { o.Timeout = timeout })
			url, token := r.Environment(r.address)
			if relayed := took(t, url, token); relayed > direct+2*time.Second {
				t.Errorf("through the relay it took %s, and without %s", relayed, direct)
			}
		})
	}
}

func TestAServiceThatDoesNotAnswerCostsSeconds(t *testing.T) {
	t.Parallel()
	u := serve(t, cacheserver.Options{})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	u.url = "http://" + l.Addr().String()
	l.Close()
	r := start(t, u)
	begun := time.Now()
	go r.Prefetch(t.Context(), "app")
	if _, err := r.client(t).Load(t.Context(), "index-app#"); err == nil { // as an import does
		t.Error("there is an index")
	}
	err = export(t.Context(), r.client(t), "app", newLayer(1, 100), newLayer(2, 9<<20))
	if err == nil || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("the export ends with %v", err)
	}
	if took := time.Since(begun); took > callPatience+10*time.Second {
		t.Errorf("it took %s", took)
	}
}

func TestAServiceThatStartsSlowlyIsWaitedFor(t *testing.T) {
	t.Parallel()
	u := serve(t, cacheserver.Options{})
	ready := time.Now().Add(4 * time.Second)
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if time.Now().Before(ready) {
			http.Error(w, "starting", http.StatusServiceUnavailable)
			return
		}
		u.ServeHTTP(w, req)
	}))
	defer slow.Close()
	r := start(t, upstream{u.Server, slow.URL})
	go r.Prefetch(t.Context(), "app")
	if err := export(t.Context(), r.client(t), "app", newLayer(1, 100), newLayer(2, 9<<20)); err != nil {
		t.Fatal(err)
	}
	if n := checkIndexes(t, u); n != 1 {
		t.Errorf("%d indexes", n)
	}
}

// The download of an index that is read ahead stalls, and nothing else does.
func TestAnIndexThatStallsHoldsLookupsBackOnce(t *testing.T) {
	t.Parallel()
	u := serve(t, cacheserver.Options{})
	if err := export(t.Context(), u.client(t), "app", newLayer(100, 10)); err != nil {
		t.Fatal(err)
	}
	reached := make(chan struct{})
	r := start(t, hold(t, u, func(path string, _ []byte) bool { return strings.HasPrefix(path, "/devstore") }, reached, nil))
	go r.Prefetch(t.Context(), "app")
	<-reached
	begun := time.Now()
	for i := range uint64(3) {
		if b, err := r.client(t).Load(t.Context(), newLayer(i, 100).key); b != nil || err != nil {
			t.Fatal(b, err)
		}
	}
	if took := time.Since(begun); took > aheadWait+2*time.Second {
		t.Errorf("three lookups took %s", took)
	}
}

// hold passes requests on to a service. It closes reached when the first comes that is chosen, which waits for release, or
// until its client goes.
func hold(t *testing.T, u upstream, choose func(path string, body []byte) bool, reached, release chan struct{}) upstream {
	t.Helper()
	var once sync.Once
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return // the client has gone
		}
		req.Body = io.NopCloser(bytes.NewReader(body))
		first := false
		if choose(req.URL.Path, body) {
			once.Do(func() { first = true; close(reached) })
		}
		if first {
			select {
			case <-release:
			case <-req.Context().Done():
			}
		}
		u.ServeHTTP(w, req)
	}))
	t.Cleanup(server.Close)
	return upstream{u.Server, server.URL}
}
