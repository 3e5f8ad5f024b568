package doctor

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/listing"
	"github.com/docker-ghacache/docker-ghacache/internal/reclaim"
	"github.com/docker-ghacache/docker-ghacache/internal/runtimeclient"
)

// builds returns what builds leave behind that write one scope, a minute apart. Each is
// the layers that its index names, a letter each. A build stores the layers that are not there.
func builds(ref string, layers ...string) *listing.Snapshot {
	snap := &listing.Snapshot{Analysis: &reclaim.Analysis{}, Indexes: map[int64]runtimeclient.Index{}}
	add := func(at int, key bkcache.Key, ref string) int64 {
		id := int64(len(snap.Items) + 1)
		snap.Items = append(snap.Items, reclaim.Item{Key: key, Entry: bkcache.Entry{ID: id, Ref: ref, Created: time.Unix(int64(at), 0)}})
		return id
	}
	var stored []string
	for n, names := range layers {
		read := &bkcache.Index{}
		for name := range strings.SplitSeq(names, "") {
			digest := "sha256:" + strings.Repeat(name, 64)
			if !slices.Contains(stored, digest) {
				stored = append(stored, digest)
				add(60*n, bkcache.LayerKey(digest), ref)
			}
			read.Layers = append(read.Layers, bkcache.Layer{Digest: digest})
		}
		id := add(60*n+1, bkcache.IndexKey("app", "refs/heads/main", false, uint64(n+1)), "refs/heads/main")
		if n >= len(layers)-turns {
			snap.Indexes[id] = runtimeclient.Index{Index: read}
		}
	}
	return snap
}

func TestSharedScopes(t *testing.T) {
	for name, c := range map[string]struct {
		builds []string
		want   bool
	}{
		"one build":                               {[]string{"ab"}, false},
		"a rebuild, three times":                  {[]string{"ab", "ab", "ab"}, false},
		"rebuilds after changes":                  {[]string{"ab", "ac", "ad", "ae"}, false},
		"rebuilds in which all has changed":       {[]string{"a", "b", "c", "d"}, false},
		"a change that was taken back":            {[]string{"ab", "ab", "ac", "ab"}, false},
		"a step that went and came back":          {[]string{"ab", "ab", "a", "ab"}, false},
		"two targets in turn":                     {[]string{"ab", "ac", "ab", "ac"}, true},
		"two targets in turn, sharing no layer":   {[]string{"a", "b", "a", "b"}, true},
		"two targets in turn, and a change":       {[]string{"abd", "acd", "abe", "ace"}, true},
		"two targets, too few builds to be known": {[]string{"ab", "ac", "ab"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			snap := builds("refs/heads/main", c.builds...)
			app := &reclaim.Cache{Scope: "app", Ref: "refs/heads/main"}
			if got := shared(snap, app); got != c.want {
				t.Errorf("shared is %t", got)
			}
			snap.Indexes = nil
			if shared(snap, app) {
				t.Error("shared, although no index was read")
			}
		})
	}
}

func TestLayersOfAnotherRefAreNoSign(t *testing.T) {
	snap := builds("refs/heads/other", "ab", "ac", "ab", "ac")
	if shared(snap, &reclaim.Cache{Scope: "app", Ref: "refs/heads/main"}) {
		t.Error("shared")
	}
}
