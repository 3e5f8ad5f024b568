package reclaim

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
)

func TestSharedBytesAreNeverCountedTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := worlds().Draw(t, "world")
		a := w.analyze()
		var total, unique int64
		for _, item := range a.Items {
			if item.State != "" {
				total += item.Size
			}
		}
		for _, c := range a.Caches {
			if c.Unique > c.Size || c.Unique < 0 || c.UniqueKnown && c.Err != nil {
				t.Fatalf("cache %+v", c)
			}
			unique += c.Unique
		}
		if unique > total {
			t.Fatalf("%d bytes are unique to caches, but there are only %d", unique, total)
		}
	})
}

// TestDeletingACacheGainsWhatIsUniqueToIt lets plans find out what becomes free with
// a cache. That may be more than is unique to it: other copies of its layers, and
// what only its older versions name.
func TestDeletingACacheGainsWhatIsUniqueToIt(t *testing.T) {
	late := now.Add(time.Hour) // nothing is young
	policy := Policy{Unreferenced: true, Runs: bkcache.Runs{Asked: late}}
	rapid.Check(t, func(t *rapid.T) {
		w := worlds().Draw(t, "world")
		w.indexes = slices.DeleteFunc(w.indexes, func(x knownIndex) bool {
			superseded := !w.current(x)
			if superseded { // it would hold blobs that count as unique
				w.entries = slices.DeleteFunc(w.entries, func(e bkcache.Entry) bool { return e.ID == x.ID })
			}
			return superseded
		})
		a := w.analyze()
		garbage := decisions(NewPlan(a, policy, late).Proven())
		for _, c := range a.Caches {
			if c.Err != nil || !c.UniqueKnown || garbage[c.Head.ID].Decision == Delete {
				continue
			}
			gone := map[int64]bool{}
			for _, x := range c.indexes {
				gone[a.Items[x.item].ID] = true
			}
			freed := c.Head.Size
			for _, v := range NewPlan(w.without(gone).analyze(), policy, late).Proven().Verdicts {
				if v.Decision == Delete && garbage[v.ID].Decision != Delete {
					freed += v.Size
				}
			}
			if freed < c.Unique {
				t.Fatalf("deleting %q on %s frees %d bytes, said were %d", c.Scope, c.Ref, freed, c.Unique)
			}
		}
	})
}

func TestBlobsAreAttributedToTheScopesThatNameThem(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := worlds().Draw(t, "world")
		items := map[int64]Item{}
		for _, item := range w.analyze().Items {
			items[item.ID] = item
		}
		for _, b := range w.blobs {
			scopes := map[string]bool{}
			for _, x := range w.indexes {
				if x.read && w.current(x) && w.names(x, b) {
					scopes[x.scope] = true
				}
			}
			want := slices.Sorted(maps.Keys(scopes))
			item := items[b.ID]
			if got := item.Scopes(); !slices.Equal(got, want) {
				t.Fatalf("%+v is of the scopes %q, want %q", item, got, want)
			}
			if item.Shared != (len(want) > 1) || len(want) == 1 && item.Scope != want[0] || len(want) != 1 && item.Scope != "" {
				t.Fatalf("%+v is named by %q", item, want)
			}
		}
	})
}

func TestCaches(t *testing.T) {
	b := &builder{world: world{refs: bkcache.Refs{Default: mainRef, Bases: map[string]string{pull1: feature}}}}
	base := b.layer("base", mainRef, 9*day)
	b.layer("base", feature, 9*day)
	top, old := b.layer("top", mainRef, 3*day), b.layer("old", mainRef, 9*day)
	b.index("app", mainRef, 1, 9*day, base, old)
	b.index("app", mainRef, 2, 3*day, base, top, sum("evicted"))
	b.index("web", mainRef, 1, 4*day, base)
	b.index("app", pull1, 1, 2*day, base)
	b.index("app", feature, 1, 2*day).read = false
	a := b.analyze()

	type row struct {
		Scope, Ref         string
		Versions, Layers   int
		Size, Unique       int64
		Known, UniqueKnown bool
		Missing            []bkcache.Layer
		Created, Used      time.Time
		State              State
	}
	var got []row
	for _, c := range a.Caches {
		got = append(got, row{
			c.Scope, c.Ref, c.Versions, c.Layers, c.Size, c.Unique, c.Err == nil, c.UniqueKnown, c.Missing, c.Created, c.Used, c.Head.State,
		})
	}
	size := func(names ...string) int64 {
		total := int64(500)
		for _, name := range names {
			total += sizeOf(sum(name))
		}
		return total
	}
	want := []row{
		{Scope: "app", Ref: feature, Versions: 1, Created: ago(2 * day), Used: ago(2 * day), State: Live},
		{
			Scope: "app", Ref: mainRef, Versions: 2, Layers: 3, Size: size("base", "top"), Unique: size("top"), Known: true,
			Missing: []bkcache.Layer{{Digest: sum("evicted"), Size: sizeOf(sum("evicted"))}},
			Created: ago(3 * day), Used: ago(3 * day), State: Live,
		},
		{ // fetches the copy on its base, which the base's unread index could name
			Scope: "app", Ref: pull1, Versions: 1, Layers: 1, Size: size("base"), Unique: size("base"), Known: true,
			Created: ago(2 * day), Used: ago(2 * day), State: Live,
		},
		{
			Scope: "web", Ref: mainRef, Versions: 1, Layers: 1, Size: size("base"), Unique: size(), Known: true, UniqueKnown: true,
			Created: ago(4 * day), Used: ago(4 * day), State: Live,
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}

	contents := a.Contents(&a.Caches[1])
	for _, content := range contents {
		var others []string
		for _, other := range content.Others {
			others = append(others, other.Scope+" "+other.Ref)
		}
		want := map[string][]string{base: {"app " + pull1, "web " + mainRef}}[content.Digest]
		if diff := cmp.Diff(want, others); diff != "" || (content.Item == nil) != (content.Digest == sum("evicted")) {
			t.Errorf("%+v: %s", content, diff)
		}
	}
	if len(contents) != 3 || a.Contents(&a.Caches[0]) != nil {
		t.Errorf("%d layers", len(contents))
	}
}

func TestHeadsChangeWithAnExportAndNotWithAnythingElse(t *testing.T) {
	b := &builder{world: world{refs: bkcache.Refs{Default: mainRef}}}
	b.index("a", mainRef, 1, 9*day)
	b.index("a", mainRef, 2, 8*day)
	before := b.analyze().Heads()
	b.layer("base", mainRef, day)
	b.other("setup-go", "1", mainRef, day)
	if after := b.without(map[int64]bool{1: true}).analyze().Heads(); after != before {
		t.Error("they changed without an export")
	}
	b.index("a", mainRef, 3, 7*day)
	exported := b.analyze().Heads()
	b.index("a", pull1, 1, 7*day)
	if again := b.analyze().Heads(); exported == before || again == exported {
		t.Error("they did not change with an export")
	}
}
