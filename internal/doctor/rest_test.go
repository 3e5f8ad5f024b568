package doctor

import (
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/listing"
	"github.com/docker-ghacache/docker-ghacache/internal/reclaim"
	"github.com/docker-ghacache/docker-ghacache/internal/runtimeclient"
)

func TestScopeFacts(t *testing.T) {
	const a, b = "sha256:aa", "sha256:bb"
	for name, c := range map[string]struct {
		versions [][]string // nil: not read
		writes   int
		disjoint bool
	}{
		"one build twice": {[][]string{{a, b}, {a, b}}, 0, false},
		"a third version that is too old to be read": {[][]string{nil, {a}, {a, b}}, 0, false},
		"a build after a change":                     {[][]string{{a}, {a, b}}, 0, false},
		"two builds without a layer in common":       {[][]string{{a}, {b}}, 0, true},
		"versions that were not read":                {[][]string{nil, nil}, 2, false},
	} {
		t.Run(name, func(t *testing.T) {
			snap := &listing.Snapshot{Analysis: &reclaim.Analysis{}, Indexes: map[int64]runtimeclient.Index{}}
			for i, layers := range c.versions {
				item := reclaim.Item{Entry: bkcache.Entry{ID: int64(i), Ref: "refs/heads/main", Created: time.Unix(int64(i), 0)}}
				item.Key = bkcache.Key{Kind: bkcache.KindIndex, Scope: "app"}
				snap.Items = append(snap.Items, item)
				if layers == nil {
					continue
				}
				read := &bkcache.Index{}
				for _, digest := range layers {
					read.Layers = append(read.Layers, bkcache.Layer{Digest: digest})
				}
				snap.Indexes[item.ID] = runtimeclient.Index{Index: read}
			}
			got := scopeFacts(snap, &reclaim.Cache{Scope: "app", Ref: "refs/heads/main"})
			if len(got.Writes) != c.writes || got.Disjoint != c.disjoint {
				t.Errorf("got %d writes, disjoint %t", len(got.Writes), got.Disjoint)
			}
		})
	}
}
