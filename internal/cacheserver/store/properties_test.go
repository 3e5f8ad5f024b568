package store

import (
	"cmp"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// The table against GitHub's rules written down as loops over everything.
func TestTableMatchesLikeALoop(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[ab]{1,3}`)
		ref := rapid.SampledFrom([]string{"main", "pull"})
		version := rapid.SampledFrom([]string{"1", "2"})
		c, model := newTable(), map[int64]*Entry{}
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
		if c.all.bytes != size || len(c.byID) != len(model) || c.used.Len() != len(model) || len(c.list(Query{})) != len(model) {
			t.Fatalf("%d entries of %d bytes, want %d of %d", len(c.byID), c.all.bytes, len(model), size)
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
						return cmp.Compare(a.ID, b.ID)
					})
				}
			}
		}
	}
	return nil
}

// What eviction promises: it makes room or refuses and leaves everything, a ref that holds more than half gives its own
// entries first, unfinished uploads drive out no more than half, and each ref gives its least recently used.
func TestRoomIsMadeFairly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := newTable()
		ref := rapid.SampledFrom([]string{"a", "b", "c"})
		for id := range int64(rapid.IntRange(0, 20).Draw(t, "entries")) {
			n := Name{ref.Draw(t, "ref"), "v", string(rune('a' + id))}
			c.add(&Entry{Name: n, ID: id, Size: rapid.Int64Range(0, 10).Draw(t, "size")})
		}
		for _, r := range []string{"a", "b", "c"} {
			c.count(r, tally{pending: rapid.Int64Range(0, 20).Draw(t, "pending")})
		}
		limit := max(c.all.bytes+c.all.pending, rapid.Int64Range(0, 100).Draw(t, "limit"))
		writer, more := ref.Draw(t, "writer"), rapid.Int64Range(0, 50).Draw(t, "more")
		before := c.list(Query{})
		holds := map[string]tally{"a": c.held("a"), "b": c.held("b"), "c": c.held("c")}

		evicted, err := c.room(writer, more, Limits{Size: limit})
		kept := c.list(Query{})
		if err != nil {
			if len(kept) != len(before) {
				t.Fatal("refused, and evicted")
			}
			if c.all.pending+more <= limit/2 {
				t.Fatal("refused, though unfinished uploads take less than half")
			}
			return
		}
		if c.all.bytes+c.all.pending+more > limit {
			t.Fatalf("%d + %d + %d bytes, limit %d", c.all.bytes, c.all.pending, more, limit)
		}
		for _, e := range evicted {
			if e.Ref == writer {
				continue
			}
			if c.all.pending+more > limit/2 {
				t.Fatalf("unfinished uploads take more than half and drive out %v", e)
			}
			own := holds[writer]
			if left := c.held(writer); own.bytes+own.pending+more > limit/2 && left.bytes+left.pending+more > limit/2 {
				t.Fatalf("%s holds more than half and drives out %v", writer, e)
			}
			for _, k := range kept {
				if k.Ref == e.Ref && k.ID < e.ID {
					t.Fatalf("kept %v and evicted %v, which was used later", k, e)
				}
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
