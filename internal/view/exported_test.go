package view_test

import (
	"strings"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/reclaim"
	"github.com/docker-ghacache/docker-ghacache/internal/view"
)

// exported is what a build wrote to scopes: three layers to each, of which one was there.
func exported(scopes ...string) view.Exported {
	const ref = "refs/heads/main"
	began := time.Unix(1000, 0)
	var entries []bkcache.Entry
	add := func(key bkcache.Key, at time.Time, size int64) int64 {
		id := int64(len(entries) + 1)
		entries = append(entries, bkcache.Entry{ID: id, Key: key.String(), Version: bkcache.Version, Ref: ref, Created: at, Used: at, Size: size})
		return id
	}
	var layers []bkcache.Layer
	for i, name := range []string{"a", "b", "c"} {
		at := began.Add(time.Second)
		if i == 0 {
			at = began.Add(-time.Hour)
		}
		digest := "sha256:" + strings.Repeat(name, 64)
		add(bkcache.LayerKey(digest), at, 1<<20)
		layers = append(layers, bkcache.Layer{Digest: digest})
	}
	indexes := map[int64]reclaim.Index{}
	end := began.Add(10 * time.Second)
	for _, scope := range scopes {
		indexes[add(bkcache.IndexKey(scope, ref, false, 1), end, 100)] = reclaim.Index{Digest: scope, Layers: layers}
	}
	return view.NewExported(reclaim.Analyze(entries, indexes, bkcache.Refs{}), scopes, ref, 10*time.Second, end)
}

func TestExportedCountsALayerOnce(t *testing.T) {
	const want = "cache: wrote 2 layers (2MiB), reused 1 layer (1MiB), in 10s; "
	for _, scopes := range [][]string{{"one"}, {"one", "two"}} {
		e := exported(scopes...)
		if len(e.Scopes) != len(scopes) {
			t.Fatalf("scopes are %+v", e.Scopes)
		}
		if got := e.Line(); !strings.HasPrefix(got, want) {
			t.Errorf("%q: got %q", scopes, got)
		}
		table := e.Markdown()
		for _, scope := range scopes {
			if !strings.Contains(table, "| "+scope+" | 2 layers (2MiB) | 1 layer (1MiB) |\n") {
				t.Errorf("%q: got\n%s", scopes, table)
			}
		}
		if strings.Contains(table, "| all, each layer once | 2 layers (2MiB) | 1 layer (1MiB) |\n") != (len(scopes) > 1) {
			t.Errorf("%q: got\n%s", scopes, table)
		}
	}
}
