package store

import (
	"cmp"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// The catalog against GitHub's rules written down as loops over everything.
func TestCatalogMatchesLikeALoop(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[ab]{1,3}`)
		ref := rapid.SampledFrom([]string{"main", "pull"})
		version := rapid.SampledFrom([]string{"1", "2"})
		c, model := newCatalog(), map[int64]*Entry{}
		for id := range int64(rapid.IntRange(0, 30).Draw(t, "entries")) {
			n := Name{ref.Draw(t, "ref"), version.Draw(t, "version"), word.Draw(t, "key")}
			if c.has(n) {
				continue
			}
			at := time.Unix(int64(rapid.IntRange(0, 3).Draw(t, "created")), 0)
			e := &Entry{Name: n, ID: id, Size: id, Created: at, Accessed: at}
			c.add(e)
			model[id] = e
			if rapid.IntRange(0, 4).Draw(t, "remove") == 0 {
				c.remove(id)
				delete(model, id)
			}
		}
		refs := rapid.SliceOfN(ref, 1, 2).Draw(t, "refs")
		keys := rapid.SliceOfN(word, 1, 3).Draw(t, "keys")
		v := version.Draw(t, "looked for")

		got, found := c.find(refs, v, keys)
		if want := findByLoop(model, refs, v, keys); got != want || found != (want != nil) {
			t.Fatalf("found %v, want %v", got, want)
		}
		var size int64
		for _, e := range model {
			size += e.Size
		}
		if c.size != size || len(c.byID) != len(model) || c.used.Len() != len(model) || len(c.list(Query{})) != len(model) {
			t.Fatalf("%d entries of %d bytes, want %d of %d", len(c.byID), c.size, len(model), size)
		}
	})
}

func findByLoop(entries map[int64]*Entry, refs []string, version string, keys []string) *Entry {
	for _, ref := range refs {
		for _, key := range keys {
			var exact, prefix []*Entry
			for _, e := range entries {
				if e.Ref != ref || e.Version != version {
					continue
				}
				if e.Key == key {
					exact = append(exact, e)
				}
				if strings.HasPrefix(e.Key, key) {
					prefix = append(prefix, e)
				}
			}
			for _, matches := range [][]*Entry{exact, prefix} {
				if len(matches) > 0 {
					return slices.MaxFunc(matches, func(a, b *Entry) int {
						return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
					})
				}
			}
		}
	}
	return nil
}

func TestEvictionKeepsTheLastUsedWithinTheLimits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := newCatalog()
		now := time.Unix(1000, 0)
		for id := range int64(rapid.IntRange(0, 20).Draw(t, "entries")) {
			at := now.Add(time.Duration(id-20) * time.Second)
			c.add(&Entry{Name: name(string(rune('a' + id))), ID: id, Size: rapid.Int64Range(0, 10).Draw(t, "size"), Accessed: at})
		}
		before := c.list(Query{})
		limits := Limits{rapid.Int64Range(0, 100).Draw(t, "limit"), time.Duration(rapid.IntRange(0, 20).Draw(t, "age")) * time.Second}
		evicted := c.evict(limits, now)
		kept := c.list(Query{})
		if len(kept)+len(evicted) != len(before) || c.size > limits.Size {
			t.Fatalf("%d kept (%d bytes) and %d evicted of %d", len(kept), c.size, len(evicted), len(before))
		}
		for i, e := range kept { // a prefix of those last used
			if e.ID != before[i].ID || now.Sub(e.Accessed) > limits.Age {
				t.Fatalf("kept %v", kept)
			}
		}
		if n := len(kept); n < len(before) { // and no shorter than it needs to be
			next := before[n]
			if c.size+next.Size <= limits.Size && now.Sub(next.Accessed) <= limits.Age {
				t.Fatalf("evicted %v without need", next)
			}
		}
	})
}

func TestCoverageIsThatOfASetOfBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var arrived []extent
		set := map[int64]bool{}
		for range rapid.IntRange(0, 12).Draw(t, "steps") {
			e := extent{rapid.Int64Range(0, 30).Draw(t, "offset"), rapid.Int64Range(0, 10).Draw(t, "length")}
			comes := rapid.Bool().Draw(t, "comes")
			if comes {
				arrived = cover(arrived, e)
			} else {
				arrived = uncover(arrived, e)
			}
			for i := e.Off; i < e.end(); i++ {
				set[i] = comes
			}
		}
		for i := range int64(50) {
			within := slices.ContainsFunc(arrived, func(e extent) bool { return e.Off <= i && i < e.end() })
			if within != set[i] {
				t.Fatalf("byte %d: %v, want %v, in %v", i, within, set[i], arrived)
			}
		}
		for i, e := range arrived {
			if e.N <= 0 || i > 0 && arrived[i-1].end() > e.Off {
				t.Fatalf("extents %v", arrived)
			}
		}
	})
}
