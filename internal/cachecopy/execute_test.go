package cachecopy_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/cachecopy"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/servertest"
	"github.com/docker-ghacache/docker-ghacache/internal/runtimeclient"
)

func ignore(cachecopy.Progress) {}

func TestCopyFromV1ToV2(t *testing.T) {
	app, web := cacheOf("app", false, 1, 10, 9<<20, 1<<20), cacheOf("web", false, 2, 0, 1, 100)
	from, to := serve(t, cacheserver.Options{}, entriesOf(app, web)), serve(t, cacheserver.Options{}, nil)
	var last cachecopy.Progress
	plan := cachecopy.NewPlan(indexes(app, web), nil, nil)
	missing, err := cachecopy.Missing(t.Context(), from.runtime(t, 1), plan.Layers)
	check(t, err)
	for digest, gone := range missing {
		if gone {
			t.Errorf("layer %s is missing", digest)
		}
	}
	got, err := plan.Execute(t.Context(), from.runtime(t, 1), to.uploader(t), func(p cachecopy.Progress) { last = p })
	check(t, err)
	if got.Layers != 6 || got.Bytes != plan.Bytes() || got.There != 0 || len(got.Left) != 0 || strings.Join(got.Indexes, " ") != app.index.Key+" "+web.index.Key {
		t.Errorf("got %+v", got)
	}
	if last != (cachecopy.Progress{Layers: 6, Bytes: plan.Bytes()}) {
		t.Errorf("progress ended with %+v", last)
	}
	wantCopied(t, to, app)
	wantCopied(t, to, web)
	t.Run("again, there is nothing to copy", func(t *testing.T) {
		got, err := plan.Execute(t.Context(), from.runtime(t, 1), to.uploader(t), ignore)
		check(t, err)
		if got.Layers != 0 || got.There != 6 || len(got.Indexes) != 0 || len(got.Left) != 2 {
			t.Errorf("got %+v", got)
		}
	})
}

func TestCopyOfLayersThatTheSourceCannotGive(t *testing.T) {
	whole := cacheOf("whole", false, 1, 10, 2000)
	for name, c := range map[string]struct {
		content []byte // of the first layer on the source; nil: it is gone
		why     string
	}{
		"gone":        {nil, "no such cache entry"},
		"damaged":     {bytes.Repeat([]byte("x"), 1000), "is damaged"},
		"cut off":     {bytes.Repeat([]byte("x"), 999), "shorter than it should be"},
		"cut to zero": {[]byte{}, "shorter than it should be"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bad := cacheOf("bad", false, 2, 1000, 20)
			digest := fmt.Sprintf("sha256:%x", sha256.Sum256(cacheFirst(bad, 1000)))
			entries := entriesOf(whole, bad)
			if c.content == nil {
				delete(entries, bkcache.LayerKey(digest).String())
			}
			from, to := serveDamaged(t, entries, cacheFirst(bad, 1000), c.content), serve(t, cacheserver.Options{}, nil)
			got, err := cachecopy.NewPlan(indexes(whole, bad), nil, nil).Execute(t.Context(), from.runtime(t, 1), to.uploader(t), ignore)
			check(t, err)
			if len(got.Left) != 1 || got.Left[0].Key != bad.index.Key || !strings.Contains(got.Left[0].Why, c.why) || strings.Join(got.Left[0].Layers, " ") != digest {
				t.Errorf("left %+v", got.Left)
			}
			wantCopied(t, to, whole)
			wantNone(t, to, bad)
			if there, err := to.runtime(t, 2).Has(t.Context(), bkcache.LayerKey(digest).String()); there || err != nil {
				t.Errorf("the bad layer is there: %t, %v", there, err)
			}
		})
	}
}

// cacheFirst is the layer of that size.
func cacheFirst(c cache, size int) []byte {
	for _, content := range c.layers {
		if len(content) == size {
			return content
		}
	}
	return nil
}

func TestMissingNamesTheLayersThatAreGone(t *testing.T) {
	app := cacheOf("app", false, 1, 10, 20)
	gone := bkcache.LayerKey(fmt.Sprintf("sha256:%x", sha256.Sum256(cacheFirst(app, 10))))
	entries := entriesOf(app)
	delete(entries, gone.String())
	from := serve(t, cacheserver.Options{}, entries)
	plan := cachecopy.NewPlan(indexes(app), nil, nil)
	missing, err := cachecopy.Missing(t.Context(), from.runtime(t, 1), plan.Layers)
	check(t, err)
	for _, l := range plan.Layers {
		if missing[l.Digest] != (l.Digest == gone.Digest) {
			t.Errorf("layer %s is missing: %t", l.Digest, missing[l.Digest])
		}
	}
}

func TestCopyKeepsOnThroughPassingFaults(t *testing.T) {
	app := cacheOf("app", false, 1, 10, 9<<20, 3<<20, 100)
	for _, c := range []struct{ from, to string }{
		{"GET */cache:503:2", "POST */CreateCacheEntry:503:2"},
		{"GET /devstoreaccount1/*:cut=100000:2", "PUT *:503:2"},
		{"GET */cache:429:1:0", "POST */FinalizeCacheEntryUpload:cut:2"},
	} {
		t.Run(c.from+" and "+c.to, func(t *testing.T) {
			t.Parallel()
			from := serve(t, cacheserver.Options{Faults: servertest.Faults(t, c.from)}, entriesOf(app))
			to := serve(t, cacheserver.Options{Faults: servertest.Faults(t, c.to)}, nil)
			got, err := cachecopy.NewPlan(indexes(app), nil, nil).Execute(t.Context(), from.runtime(t, 1), to.uploader(t), ignore)
			if err != nil || len(got.Left) != 0 {
				t.Fatalf("got %+v, %v", got, err)
			}
			wantCopied(t, to, app)
		})
	}
}

func TestCopyThatWasInterruptedGoesOn(t *testing.T) {
	sizes := make([]int, 60)
	for i := range sizes {
		sizes[i] = 1000 + i
	}
	app := cacheOf("app", false, 1, sizes...)
	from, to := serve(t, cacheserver.Options{}, entriesOf(app)), serve(t, cacheserver.Options{}, nil)
	plan := cachecopy.NewPlan(indexes(app), nil, nil)
	stop := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	first, err := plan.Execute(ctx, from.runtime(t, 1), to.uploader(t), func(p cachecopy.Progress) {
		if p.Layers == 20 {
			cancel(stop)
		}
	})
	if !errors.Is(err, stop) || first.Layers < 20 || first.Layers == 60 || len(first.Indexes) != 0 {
		t.Fatalf("got %+v, %v", first, err)
	}
	wantNone(t, to, app)
	// What was under way was brought to its end, so that no upload is left open.
	second, err := plan.Execute(t.Context(), from.runtime(t, 1), to.uploader(t), ignore)
	check(t, err)
	if second.There != first.Layers || second.Layers != 60-first.Layers || len(second.Left) != 0 {
		t.Errorf("got %+v after %+v", second, first)
	}
	wantCopied(t, to, app)
}

// A copy that was killed leaves uploads that nobody finishes.
func TestCopyAfterOneThatWasKilled(t *testing.T) {
	app, web := cacheOf("app", false, 1, 10, 20), cacheOf("web", false, 2, 30)
	from, to := serve(t, cacheserver.Options{}, entriesOf(app, web)), serve(t, cacheserver.Options{}, nil)
	layer := fmt.Sprintf("sha256:%x", sha256.Sum256(cacheFirst(app, 10)))
	for _, key := range []string{bkcache.LayerKey(layer).String(), web.index.Key} {
		if err := to.uploader(t).Upload(t.Context(), key, broken{}, 1); err == nil {
			t.Fatal("it was not killed")
		}
	}
	got, err := cachecopy.NewPlan(indexes(app, web), nil, nil).Execute(t.Context(), from.runtime(t, 1), to.uploader(t), ignore)
	check(t, err)
	if len(got.Left) != 1 || got.Left[0].Key != app.index.Key || !strings.Contains(got.Left[0].Why, "is not finished") {
		t.Errorf("left %+v", got.Left)
	}
	if want := bkcache.IndexKey("web", mainRef, false, 4).String(); strings.Join(got.Indexes, " ") != want {
		t.Errorf("wrote %q, want %s", got.Indexes, want)
	}
	wantCopied(t, to, web)
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("killed") }

func TestCopyBringsSignatures(t *testing.T) {
	app := cacheOf("app", true, 1, 10)
	signature := bkcache.SignatureKey(fmt.Sprintf("sha256:%x", sha256.Sum256(app.index.Data))).String()
	entries := entriesOf(app)
	entries[signature] = []byte("signed")
	from, to := serve(t, cacheserver.Options{}, entries), serve(t, cacheserver.Options{}, nil)
	_, err := cachecopy.NewPlan(indexes(app), nil, nil).Execute(t.Context(), from.runtime(t, 1), to.uploader(t), ignore)
	check(t, err)
	wantCopied(t, to, app)
	if data, key, err := to.runtime(t, 2).Read(t.Context(), signature); string(data) != "signed" || key != signature || err != nil {
		t.Errorf("got %q, %q, %v", data, key, err)
	}
}

func TestCopyChangesNothingOnTheSource(t *testing.T) {
	app := cacheOf("app", false, 1, 10, 20)
	only := servertest.Faults(t, "POST *:500", "PATCH *:500", "PUT *:500")
	from, to := serve(t, cacheserver.Options{Faults: only}, entriesOf(app)), serve(t, cacheserver.Options{}, nil)
	got, err := cachecopy.NewPlan(indexes(app), nil, nil).Execute(t.Context(), from.runtime(t, 1), to.uploader(t), ignore)
	if err != nil || got.Layers != 2 || len(got.Indexes) != 1 {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestCopyEndsWhereTheTargetRefuses(t *testing.T) {
	app := cacheOf("app", false, 1, 10, 20)
	from, to := serve(t, cacheserver.Options{}, entriesOf(app)), serve(t, cacheserver.Options{}, nil)
	token, err := to.RuntimeToken([]cacheserver.RefAccess{{Ref: mainRef}}, time.Hour)
	check(t, err)
	readOnly, err := runtimeclient.NewReader(to.url, 2, token, "test")
	check(t, err)
	got, err := cachecopy.NewPlan(indexes(app), nil, nil).Execute(t.Context(), from.runtime(t, 1), runtimeclient.NewUploader(readOnly, time.Now), ignore)
	if err == nil || !strings.Contains(err.Error(), "write denied") || got.Layers != 0 || len(got.Indexes) != 0 {
		t.Errorf("got %+v, %v", got, err)
	}
}
