package relay

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/servertest"
	actionscache "github.com/tonistiigi/go-actions-cache"
)

const (
	pullRef  = "refs/pull/7/merge"
	stackRef = "refs/heads/stack"
)

// pull is what a job of a pull request may do whose base is another branch.
var pull = []cacheserver.RefAccess{{Ref: pullRef, Write: true}, {Ref: stackRef}, {Ref: mainRef}}

// writeIndex writes the next index of a scope on a ref.
func writeIndex(t *testing.T, c *actionscache.Cache, scope, ref string, signed bool, content []byte) {
	t.Helper()
	if err := saveIndex(t.Context(), c, bkcache.IndexPrefix(scope, ref, signed), content); err != nil {
		t.Fatal(err)
	}
}

func TestClientsGetTheIndexesOfAllRefsInOne(t *testing.T) {
	base, own, other, late := newLayer(1, 1000), newLayer(2, 2000), newLayer(3, 3000), newLayer(4, 4000)
	u := serve(t, cacheserver.Options{})
	onMain, onPull, onStack := u.client(t), u.client(t, pull...), u.client(t, cacheserver.RefAccess{Ref: stackRef, Write: true})
	for scope, l := range map[string]layer{"app": base, "web": other} {
		if err := export(t.Context(), onMain, scope, l); err != nil {
			t.Fatal(err)
		}
	}
	r := start(t, u, func(o *Options) { o.Upstream.Token = u.token(t, pull...) })
	c := r.client(t)
	check := func(scope, ref string, want ...layer) {
		t.Helper()
		x, err := bkcache.ParseIndex(load(t, c, bkcache.IndexPrefix(scope, ref, false)))
		if err != nil {
			t.Fatal(err)
		}
		var got, all []string
		for _, l := range x.Layers {
			got = append(got, bkcache.LayerKey(l.Digest).String())
		}
		for _, l := range want {
			all = append(all, l.key)
			if content := load(t, c, l.key); !bytes.Equal(content, l.content) {
				t.Errorf("%d bytes of %s", len(content), l.key)
			}
		}
		slices.Sort(all)
		if !slices.Equal(got, all) {
			t.Errorf("the index of %s has the layers %q, want %q", ref, got, all)
		}
	}
	check("app", mainRef, base)
	if err := save(t.Context(), onPull, own); err != nil {
		t.Fatal(err)
	}
	writeIndex(t, onPull, "app", pullRef, false, indexOf(own))
	check("app", mainRef, base, own)
	check("app", pullRef, base, own)
	check("web", mainRef, other)
	if err := save(t.Context(), onStack, late); err != nil {
		t.Fatal(err)
	}
	writeIndex(t, onStack, "app", stackRef, false, indexOf(late)) // while the relay runs
	for _, ref := range []string{mainRef, pullRef, stackRef} {
		check("app", ref, base, own, late)
	}
}

func TestAnIndexDoesNotWaitLongForThoseOfOtherRefs(t *testing.T) {
	u := serve(t, cacheserver.Options{})
	own, stalls := indexOf(newLayer(1, 10)), indexOf(newLayer(2, 20))
	writeIndex(t, u.client(t), "app", mainRef, false, stalls)
	writeIndex(t, u.client(t, pull...), "app", pullRef, false, own)
	to, err := url.Parse(u.url)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(to)
	proxy.ModifyResponse = func(resp *http.Response) error {
		data, err := io.ReadAll(resp.Body)
		resp.Body = io.NopCloser(bytes.NewReader(data))
		if bytes.Equal(data, stalls) {
			<-resp.Request.Context().Done()
		}
		return err
	}
	far := httptest.NewServer(proxy)
	t.Cleanup(far.Close)
	r := start(t, u, func(o *Options) {
		o.Upstream, o.Timeout = Upstream{URL: far.URL, Token: u.token(t, pull...)}, time.Second
	})
	begun := time.Now()
	if got := load(t, r.client(t), bkcache.IndexPrefix("app", pullRef, false)); !bytes.Equal(got, own) {
		t.Errorf("have %s, want %s", got, own)
	}
	if took := time.Since(begun); took < time.Second || took > 5*time.Second {
		t.Errorf("it took %s", took)
	}
	if log := r.log.String(); !strings.Contains(log, `reading the index of scope "app" on refs/heads/main: it takes more than 1s`) {
		t.Errorf("log %q", log)
	}
}

func TestOneFaultDoesNotKeepIndexesApart(t *testing.T) {
	for _, fault := range []string{"GET /devstore*:503:2", "GET /devstore*:cut=10:2"} {
		u := serve(t, cacheserver.Options{Faults: servertest.Faults(t, fault)})
		writeIndex(t, u.client(t), "app", mainRef, false, indexOf(newLayer(1, 10)))
		writeIndex(t, u.client(t, pull...), "app", pullRef, false, indexOf(newLayer(2, 20)))
		r := start(t, u, func(o *Options) { o.Upstream.Token = u.token(t, pull...) })
		x, err := bkcache.ParseIndex(load(t, r.client(t), bkcache.IndexPrefix("app", pullRef, false)))
		if err != nil || len(x.Layers) != 2 {
			t.Errorf("%s: %v, %v", fault, x, err)
		}
	}
}

func TestIndexesThatAreNotMerged(t *testing.T) {
	for name, test := range map[string]struct {
		signed  bool
		onMain  string
		wantLog string
	}{
		"a signed one": {true, string(indexOf(newLayer(1, 10))), ""},
		"of which one has what this program ignores": {false, `{"later":1}`, `merging indexes: json: unknown field "later"`},
		"of which one cannot be read":                {false, `<html>`, `reading the index of scope "app" on refs/heads/main: decoding index: invalid character`},
	} {
		t.Run(name, func(t *testing.T) {
			u := serve(t, cacheserver.Options{})
			own := indexOf(newLayer(2, 20))
			writeIndex(t, u.client(t), "app", mainRef, test.signed, []byte(test.onMain))
			writeIndex(t, u.client(t, pull...), "app", pullRef, test.signed, own)
			r := start(t, u, func(o *Options) { o.Upstream.Token = u.token(t, pull...) })
			if got := load(t, r.client(t), bkcache.IndexPrefix("app", pullRef, test.signed)); !bytes.Equal(got, own) {
				t.Errorf("have %s, want %s", got, own)
			}
			if log := r.log.String(); !strings.Contains(log, test.wantLog) || test.wantLog == "" && log != "" {
				t.Errorf("log %q, want %q", log, test.wantLog)
			}
		})
	}
}
