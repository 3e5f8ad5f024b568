package reclaim

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	digest "github.com/opencontainers/go-digest"
	"pgregory.net/rapid"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
)

// idle is what is known of the runs where there are none.
func idle() bkcache.Runs { return bkcache.Runs{Asked: now} }

// since is what is known of the runs where one that could see everything began long ago.
func since(d time.Duration) bkcache.Runs {
	return bkcache.Runs{Asked: now, Runs: []bkcache.Run{{Began: ago(d)}}}
}

// now is when the plans of the tests are made.
var now = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)

func ago(d time.Duration) time.Time { return now.Add(-d) }

const day = 24 * time.Hour

// world is a repository, together with what only the test knows about its entries.
type world struct {
	entries []bkcache.Entry
	refs    bkcache.Refs
	indexes []knownIndex
	blobs   []knownBlob
	foreign []int64
	left    map[string]bool // refs whose jobs are to lose their cache, see leave
}

// knownIndex is an index entry with its true content, read or not.
type knownIndex struct {
	bkcache.Entry
	scope  string
	keyRef string // the ref that its key was made for
	signed bool
	read   bool
	digest string
	names  []string // digests of layers
}

type knownBlob struct {
	bkcache.Entry
	digest    string
	signature bool
}

func sum(name string) string { return digest.FromString(name).String() }

// contents is what could be read, as the client hands it over.
func (w *world) contents() map[int64]Index {
	contents := map[int64]Index{}
	for _, x := range w.indexes {
		if !x.read {
			if x.ID%2 == 0 { // the others are simply not in the map
				contents[x.ID] = Index{Err: errors.New("cut off"), Layers: []bkcache.Layer{{Digest: someLayers[0]}}}
			}
			continue
		}
		content := Index{Digest: x.digest}
		for _, name := range x.names {
			content.Layers = append(content.Layers, bkcache.Layer{Digest: name, Size: sizeOf(name)})
		}
		contents[x.ID] = content
	}
	return contents
}

func sizeOf(digest string) int64 { return int64(digest[10])*1000 + 1 }

func (w *world) analyze() *Analysis { return Analyze(w.entries, w.contents(), w.refs) }

// without returns the world after entries are gone.
func (w *world) without(gone map[int64]bool) *world {
	left := *w
	left.entries = slices.DeleteFunc(slices.Clone(w.entries), func(e bkcache.Entry) bool { return gone[e.ID] })
	left.indexes = slices.DeleteFunc(slices.Clone(w.indexes), func(x knownIndex) bool { return gone[x.ID] })
	left.blobs = slices.DeleteFunc(slices.Clone(w.blobs), func(b knownBlob) bool { return gone[b.ID] })
	return &left
}

// builder adds entries to a world.
type builder struct {
	world
	id int64
}

func (b *builder) entry(key, version, ref string, size int64, created, used time.Time) bkcache.Entry {
	b.id++
	e := bkcache.Entry{ID: b.id, Key: key, Version: version, Ref: ref, Size: size, Created: created, Used: used}
	b.entries = append(b.entries, e)
	return e
}

// index adds an index that was read.
func (b *builder) index(scope, ref string, n int, age time.Duration, layers ...string) *knownIndex {
	return b.anyIndex(knownIndex{scope: scope, keyRef: ref, read: true, names: layers}, ref, fmt.Sprint(n), ago(age), ago(age))
}

func (b *builder) anyIndex(x knownIndex, ref, number string, created, used time.Time) *knownIndex {
	key := bkcache.IndexPrefix(x.scope, x.keyRef, x.signed) + "#" + number
	x.Entry = b.entry(key, bkcache.Version, ref, 500, created, used)
	names := slices.Clone(x.names)
	slices.Sort(names)
	x.names = slices.Compact(names)
	x.digest = sum("index " + strings.Join(x.names, ","))
	b.indexes = append(b.indexes, x)
	return &b.indexes[len(b.indexes)-1]
}

// layer adds a blob and returns its digest.
func (b *builder) layer(name, ref string, age time.Duration) string {
	return b.blob(knownBlob{digest: sum(name)}, ref, ago(age), ago(age)).digest
}

func (b *builder) blob(blob knownBlob, ref string, created, used time.Time) *knownBlob {
	key := bkcache.LayerKey(blob.digest)
	if blob.signature {
		key = bkcache.SignatureKey(blob.digest)
	}
	blob.Entry = b.entry(key.String(), bkcache.Version, ref, sizeOf(blob.digest), created, used)
	b.blobs = append(b.blobs, blob)
	return &b.blobs[len(b.blobs)-1]
}

func (b *builder) other(key, version, ref string, age time.Duration) {
	b.foreign = append(b.foreign, b.entry(key, version, ref, 7, ago(age), ago(age)).ID)
}

const mainRef = "refs/heads/main"

var (
	someRefs = []string{
		mainRef, "refs/heads/feature", "refs/heads/gone", "refs/tags/v1", "refs/heads/gh-readonly-queue/feature/pr-1-abc",
		"refs/pull/1/merge", "refs/pull/2/merge", "refs/pull/3/merge", "refs/pull/4/merge", "", "main",
	}
	someScopes = []string{"a", "b", "a-1-f921bd05", "x#1", "", "日本\n"}
	someLayers = []string{sum("l0"), sum("l1"), sum("l2"), sum("l3"), sum("l4"), sum("l5")}
	someAges   = []time.Duration{0, time.Minute, time.Hour, 2 * day, 2 * day, 3 * day, 10 * day, -time.Minute}
)

// worlds generates repositories: shared blobs, copies, versions with equal times,
// unread indexes, keys made for other refs, signatures, other tools, missing layers.
func worlds() *rapid.Generator[*world] {
	return rapid.Custom(func(t *rapid.T) *world {
		b := &builder{}
		b.refs = drawRefs(t)
		ref := rapid.SampledFrom(rapid.Permutation(someRefs).Draw(t, "refs")[:rapid.IntRange(1, len(someRefs)).Draw(t, "ref count")])
		scope := rapid.SampledFrom(someScopes[:rapid.IntRange(1, len(someScopes)).Draw(t, "scope count")])
		at := func(label string) time.Time { return ago(rapid.SampledFrom(someAges).Draw(t, label)) }
		readable := rapid.SampledFrom([]int{0, 5, 10, 10, 10}).Draw(t, "readable tenths")
		for range rapid.IntRange(0, 14).Draw(t, "indexes") {
			on := ref.Draw(t, "ref")
			x := knownIndex{
				scope:  scope.Draw(t, "scope"),
				keyRef: on,
				signed: rapid.IntRange(0, 4).Draw(t, "signed") == 0,
				read:   rapid.IntRange(1, 10).Draw(t, "read") <= readable,
				names:  rapid.SliceOfN(rapid.SampledFrom(someLayers), 0, 4).Draw(t, "names"),
			}
			if rapid.IntRange(0, 19).Draw(t, "foreign ref") == 0 {
				x.keyRef = ref.Draw(t, "key ref")
			}
			number := rapid.SampledFrom([]string{"1", "2", "10", "007", strings.Repeat("9", 30)}).Draw(t, "number")
			created := at("created")
			b.anyIndex(x, on, number, created, later(created, at("used")))
		}
		for range rapid.IntRange(0, 20).Draw(t, "blobs") {
			blob := knownBlob{digest: rapid.SampledFrom(someLayers).Draw(t, "digest")}
			if rapid.IntRange(0, 3).Draw(t, "signature") == 0 {
				blob.signature, blob.digest = true, sum("index "+blob.digest)
				if len(b.indexes) > 0 {
					blob.digest = rapid.SampledFrom(b.indexes).Draw(t, "signed index").digest
				}
			}
			created := at("created")
			b.blob(blob, ref.Draw(t, "ref"), created, later(created, at("used")))
		}
		for range rapid.IntRange(0, 3).Draw(t, "others") {
			key := rapid.SampledFrom([]string{"setup-go", "index-a-1-zzzzzzzz#1", bkcache.IndexPrefix("a", mainRef, false) + "#1"}).Draw(t, "key")
			b.other(key, "0123", ref.Draw(t, "ref"), rapid.SampledFrom(someAges).Draw(t, "age"))
		}
		return &b.world
	})
}

func drawRefs(t *rapid.T) bkcache.Refs {
	refs := bkcache.Refs{Default: mainRef, Closed: map[string]string{}, Bases: map[string]string{}}
	if rapid.IntRange(0, 9).Draw(t, "no default") == 0 {
		refs.Default = ""
	}
	for _, ref := range someRefs {
		if rapid.IntRange(0, 3).Draw(t, "closed "+ref) == 0 {
			refs.Closed[ref] = "closed for the test"
		}
		if strings.HasPrefix(ref, "refs/pull/") && rapid.IntRange(0, 3).Draw(t, "base of "+ref) > 0 {
			refs.Bases[ref] = rapid.SampledFrom(someRefs[:3]).Draw(t, "base")
		}
	}
	return refs
}

// policies generates policies of every kind.
func policies() *rapid.Generator[Policy] {
	return rapid.Custom(func(t *rapid.T) Policy {
		some := func(label string) bool { return rapid.IntRange(0, 3).Draw(t, label) == 0 }
		var p Policy
		if some("by scope") {
			scope := rapid.SampledFrom(someScopes).Draw(t, "scope")
			p.Scope = func(s string) bool { return s == scope }
		}
		if some("by ref") {
			ref := rapid.SampledFrom(someRefs).Draw(t, "ref")
			p.Ref = func(s string) bool { return s == ref }
		}
		if some("until") {
			p.Until = ago(rapid.SampledFrom(someAges).Draw(t, "until"))
		}
		p.Closed, p.Superseded, p.Unreferenced = some("closed"), some("superseded"), some("unreferenced")
		p.Incomplete, p.Likely = some("incomplete"), some("likely")
		p.KeepVersions = rapid.SampledFrom([]int{0, 0, 1, 2, 3}).Draw(t, "keep versions")
		p.All = some("all") && some("really all")
		p.Other = some("other")
		if some("keep storage") {
			p.KeepStorage = rapid.Int64Range(1, 300_000).Draw(t, "bytes")
		}
		p.Grace = rapid.SampledFrom([]time.Duration{0, day, 4 * day}).Draw(t, "grace")
		if some("runs known") {
			p.Runs.Asked = ago(time.Minute)
			for range rapid.IntRange(0, 2).Draw(t, "runs") {
				run := bkcache.Run{Began: ago(rapid.SampledFrom(someAges).Draw(t, "began"))}
				run.Refs = rapid.SliceOfN(rapid.SampledFrom(someRefs), 0, 2).Draw(t, "run on")
				p.Runs.Runs = append(p.Runs.Runs, run)
			}
		}
		if some("by entry") { // which nothing else goes with
			odd := int64(rapid.IntRange(0, 1).Draw(t, "odd"))
			return Policy{Entry: func(e bkcache.Entry) bool { return e.ID%2 == odd }, Scope: p.Scope, Ref: p.Ref, Until: p.Until, Grace: p.Grace, Runs: p.Runs}
		}
		return p
	})
}
