package relay

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	actionscache "github.com/tonistiigi/go-actions-cache"
)

// toService sends the requests for GitHub's REST API to a service.
type toService struct{ to *url.URL }

// RoundTrip implements [http.RoundTripper].
func (s toService) RoundTrip(req *http.Request) (*http.Response, error) {
	req.URL.Scheme, req.URL.Host = s.to.Scheme, s.to.Host
	return http.DefaultTransport.RoundTrip(req)
}

// listed is what BuildKit knows of the service with the attributes repository and ghtoken, in place of lookups.
func listed(t *testing.T, u upstream, c *actionscache.Cache) map[string]struct{} {
	t.Helper()
	to, err := url.Parse(u.url)
	if err != nil {
		t.Fatal(err)
	}
	token, err := u.RESTToken(false, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	api, err := actionscache.NewRestAPI(u.Repository, token, actionscache.Opt{Client: &http.Client{Transport: toService{to}}})
	if err != nil {
		t.Fatal(err)
	}
	keys, err := c.AllKeys(t.Context(), api, "buildkit-blob-")
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// exportUnlisted exports as BuildKit does with ghtoken: it saves the layers that were not listed, and looks none up.
func exportUnlisted(ctx context.Context, c *actionscache.Cache, keys map[string]struct{}, layers ...layer) error {
	for _, l := range layers {
		if _, ok := keys[l.key]; ok {
			continue
		}
		if err := c.Save(ctx, l.key, actionscache.NewBlob(l.content)); err != nil && !errors.Is(err, os.ErrExist) {
			return err
		}
	}
	return saveIndex(ctx, c, bkcache.IndexPrefix("app", mainRef, false), indexOf(layers...))
}

func TestAnExportThatListsTheLayers(t *testing.T) {
	old, fresh := newLayer(1, 1000), newLayer(2, 9<<20)
	t.Run("sends those that were not listed", func(t *testing.T) {
		u := serve(t, cacheserver.Options{})
		if err := save(t.Context(), u.client(t), old); err != nil {
			t.Fatal(err)
		}
		r := start(t, u)
		keys := listed(t, u, r.client(t))
		if _, ok := keys[old.key]; !ok || len(keys) != 1 {
			t.Fatalf("%v", keys)
		}
		if err := exportUnlisted(t.Context(), r.client(t), keys, old, fresh); err != nil {
			t.Fatal(err)
		}
		if s := r.Stats(); s.Layers != 1 || s.Reused != 1 || checkIndexes(t, u) != 1 {
			t.Errorf("%+v", s)
		}
	})
	t.Run("fails if one was deleted after that", func(t *testing.T) {
		u := serve(t, cacheserver.Options{})
		if err := save(t.Context(), u.client(t), old); err != nil {
			t.Fatal(err)
		}
		r := start(t, u)
		keys := listed(t, u, r.client(t))
		remove(t, u, old.key)
		err := exportUnlisted(t.Context(), r.client(t), keys, old, fresh)
		if err == nil || !strings.Contains(err.Error(), "is not in the cache") || checkIndexes(t, u) != 0 {
			t.Errorf("%v", err)
		}
	})
	t.Run("does not see what this relay is still sending", func(t *testing.T) {
		u := serve(t, cacheserver.Options{Latency: 300 * time.Millisecond})
		r := start(t, u)
		if err := save(t.Context(), r.client(t), fresh); err != nil {
			t.Fatal(err)
		}
		if keys := listed(t, u, r.client(t)); len(keys) != 0 {
			t.Fatalf("%v", keys)
		}
		// Another target of the same bake needs it, too.
		if err := exportUnlisted(t.Context(), r.client(t), nil, fresh); err != nil {
			t.Fatal(err)
		}
		if s := r.Stats(); s.Layers != 1 || checkIndexes(t, u) != 1 {
			t.Errorf("%+v", s)
		}
	})
}
