package relay

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	actionscache "github.com/tonistiigi/go-actions-cache"
)

const pullRef = "refs/pull/7/merge"

// pull is what a job of a pull request may do.
var pull = []cacheserver.RefAccess{{Ref: pullRef, Write: true}, {Ref: mainRef}}

// writeIndex writes the next index of a scope on a ref.
func writeIndex(t *testing.T, c *actionscache.Cache, scope, ref string, signed bool, content []byte) {
	t.Helper()
	err := c.SaveMutable(t.Context(), bkcache.IndexPrefix(scope, ref, signed), time.Second, func(*actionscache.Entry) (actionscache.Blob, error) {
		return actionscache.NewBlob(content), nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestClientsGetTheIndexesOfAllRefsInOne(t *testing.T) {
	base, own, other, late := newLayer(1, 1000), newLayer(2, 2000), newLayer(3, 3000), newLayer(4, 4000)
	u := serve(t, cacheserver.Options{})
	onMain, onPull := u.client(t), u.client(t, pull...)
	for scope, l := range map[string]layer{"app": base, "web": other} {
		if err := export(t.Context(), onMain, scope, l); err != nil {
			t.Fatal(err)
		}
	}
	r := start(t, u, func(o *Options) { o.Upstream.Token = u.token(t, pull...) })
	c := r.client(t)
	check := func(want ...layer) {
		t.Helper()
		for _, ref := range []string{mainRef, pullRef} {
			data := load(t, c, bkcache.IndexPrefix("app", ref, false))
			if data == nil && ref == pullRef && len(want) == 1 {
				continue
			}
			x, err := bkcache.ParseIndex(data)
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
	}
	check(base)
	if err := save(t.Context(), onPull, own); err != nil {
		t.Fatal(err)
	}
	writeIndex(t, onPull, "app", pullRef, false, indexOf(own))
	check(base, own)
	if err := export(t.Context(), onMain, "app", late); err != nil { // while the relay runs
		t.Fatal(err)
	}
	check(own, late)
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
