package reclaim

import (
	"slices"
	"strings"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
)

// describe names an entry as the cases do: the scope, the layer's first hex digits
// are replaced by the name that was given, and the ref's last part.
func describe(b *builder, id int64) string {
	i := slices.IndexFunc(b.entries, func(e bkcache.Entry) bool { return e.ID == id })
	e := b.entries[i]
	for _, x := range b.indexes {
		if x.ID == id {
			return x.scope + e.Key[strings.LastIndexByte(e.Key, '#'):] + " on " + e.Ref
		}
	}
	for _, blob := range b.blobs {
		for _, name := range []string{"base", "top", "old", "new", "orphan"} {
			if blob.ID == id && blob.digest == sum(name) {
				return name + " on " + e.Ref
			}
		}
		if blob.ID == id {
			return "signature on " + e.Ref
		}
	}
	return e.Key + " on " + e.Ref
}

type planCase struct {
	build func(*builder) Policy
	want  map[string]string
}

const (
	pull1   = "refs/pull/1/merge"
	feature = "refs/heads/feature"
)

func only(s string) func(string) bool { return func(other string) bool { return s == other } }

func planCases() map[string]planCase {
	return map[string]planCase{
		"the two newest versions stay, with what either names": {
			func(b *builder) Policy {
				b.index("a", mainRef, 1, 9*day, b.layer("old", mainRef, 9*day), b.layer("base", mainRef, 9*day))
				b.index("a", mainRef, 2, 8*day, sum("base"), b.layer("top", mainRef, 8*day))
				b.index("a", mainRef, 10, 7*day, sum("base"), b.layer("new", mainRef, 7*day))
				return Policy{Grace: DefaultGrace}
			},
			map[string]string{
				"a#1 on " + mainRef: "delete: superseded", "old on " + mainRef: "delete: superseded",
				"a#2 on " + mainRef: "keep: within --keep-versions", "top on " + mainRef: "keep: in use",
				"a#10 on " + mainRef: "keep: newest version", "new on " + mainRef: "keep: in use",
				"base on " + mainRef: "keep: in use",
			},
		},
		"a superseded index that stays protects its layers": {
			func(b *builder) Policy {
				b.index("a", mainRef, 1, 9*day, b.layer("old", mainRef, 9*day))
				b.index("a", mainRef, 2, 8*day)
				b.index("a", mainRef, 3, 7*day)
				return Policy{Unreferenced: true}
			},
			map[string]string{
				"a#1 on " + mainRef: "keep: not selected", "old on " + mainRef: "keep: in use",
				"a#2 on " + mainRef: "keep: not selected", "a#3 on " + mainRef: "keep: not selected",
			},
		},
		"a closed pull request goes as a whole, except for what another ref needs": {
			func(b *builder) Policy {
				b.refs.Closed[pull1] = "pull request 1 was merged"
				b.refs.Bases[pull1] = mainRef
				b.index("a", pull1, 1, 9*day, b.layer("top", pull1, 9*day), b.layer("base", mainRef, 9*day))
				b.index("a", mainRef, 1, 9*day, sum("base"))
				return Policy{Closed: true, Grace: DefaultGrace}
			},
			map[string]string{
				"a#1 on " + pull1: "delete: closed", "top on " + pull1: "delete: closed",
				"a#1 on " + mainRef: "keep: not selected", "base on " + mainRef: "keep: in use",
			},
		},
		"a deleted branch stays while an open pull request is based on it": {
			func(b *builder) Policy {
				b.refs.Closed[feature] = "the branch was deleted"
				b.refs.Bases[pull1] = feature
				b.index("a", feature, 1, 9*day, b.layer("base", feature, 9*day))
				return Policy{}
			},
			map[string]string{"a#1 on " + feature: "keep: newest version", "base on " + feature: "keep: in use"},
		},
		"a young index of a closed pull request protects its layers": {
			func(b *builder) Policy {
				b.refs.Closed[pull1] = "pull request 1 was closed"
				b.index("a", pull1, 1, time.Hour, b.layer("base", pull1, 9*day))
				b.layer("orphan", pull1, 9*day)
				return Policy{Grace: DefaultGrace}
			},
			map[string]string{
				"a#1 on " + pull1: "keep: too young", "base on " + pull1: "keep: in use", "orphan on " + pull1: "delete: closed",
			},
		},
		"naming the ref overrides the grace, and orphans on it go as well": {
			func(b *builder) Policy {
				b.index("a", feature, 1, time.Hour, b.layer("base", feature, time.Hour))
				b.layer("orphan", feature, time.Minute)
				b.layer("orphan", mainRef, 9*day)
				return Policy{Ref: only(feature), Runs: idle(), Grace: DefaultGrace}
			},
			map[string]string{
				"a#1 on " + feature: "delete: ref", "base on " + feature: "delete: ref",
				"orphan on " + feature: "delete: ref", "orphan on " + mainRef: "keep: not selected",
			},
		},
		"naming the scope overrides the grace for what it names, not for blobs that nobody names": {
			func(b *builder) Policy {
				b.index("a", mainRef, 1, time.Hour, b.layer("base", mainRef, time.Hour), b.layer("top", mainRef, time.Hour))
				b.index("b", mainRef, 1, time.Hour, sum("base"))
				b.layer("orphan", mainRef, time.Minute)
				b.layer("old", mainRef, 9*day)
				return Policy{Scope: only("a"), Runs: idle(), Grace: DefaultGrace}
			},
			map[string]string{
				"a#1 on " + mainRef: "delete: scope", "top on " + mainRef: "delete: scope",
				"b#1 on " + mainRef: "keep: not selected", "base on " + mainRef: "keep: in use",
				"orphan on " + mainRef: "keep: not selected", "old on " + mainRef: "keep: not selected",
			},
		},
		"naming a scope does not name a layer that another scope's export may just have found": {
			func(b *builder) Policy {
				b.index("a", mainRef, 1, 9*day, sum("base"), b.layer("top", mainRef, 9*day))
				b.blob(knownBlob{digest: sum("base")}, mainRef, ago(9*day), ago(time.Second))
				return Policy{Scope: only("a"), Runs: since(time.Hour), Grace: DefaultGrace}
			},
			map[string]string{
				"a#1 on " + mainRef: "delete: scope", "top on " + mainRef: "delete: scope", "base on " + mainRef: "keep: a run could need it",
			},
		},
		"an unread index goes by scope, and its layers are known to be free": {
			func(b *builder) Policy {
				b.index("a", feature, 1, 9*day, b.layer("base", feature, 9*day)).read = false
				return Policy{Scope: only("a")}
			},
			map[string]string{"a#1 on " + feature: "delete: scope", "base on " + feature: "delete: unreferenced"},
		},
		"an index that was read a moment ago does not keep its cache, because a listing reads it as well": {
			func(b *builder) Policy {
				b.anyIndex(knownIndex{scope: "a", keyRef: mainRef, read: true, names: []string{sum("old")}}, mainRef, "1", ago(9*day), ago(time.Minute))
				b.layer("old", mainRef, 9*day)
				return Policy{Until: ago(7 * day), Runs: since(0), Grace: DefaultGrace}
			},
			map[string]string{"a#1 on " + mainRef: "delete: until", "old on " + mainRef: "delete: until"},
		},
		"keep-storage takes the cache whose layers were not used lately, whoever read its index": {
			func(b *builder) Policy {
				b.anyIndex(knownIndex{scope: "a", keyRef: mainRef, read: true, names: []string{sum("old")}}, mainRef, "1", ago(9*day), ago(time.Minute))
				b.layer("old", mainRef, 9*day)
				b.index("b", mainRef, 1, 9*day, b.layer("new", mainRef, 8*day))
				return Policy{KeepStorage: 500 + sizeOf(sum("new")), Runs: bkcache.Runs{Asked: now}}
			},
			map[string]string{
				"a#1 on " + mainRef: "delete: keep-storage", "old on " + mainRef: "delete: keep-storage",
				"b#1 on " + mainRef: "keep: newest version", "new on " + mainRef: "keep: in use",
			},
		},
		"until takes whole caches": {
			func(b *builder) Policy {
				b.index("a", mainRef, 1, 9*day, sum("base"), sum("old"))
				b.layer("old", mainRef, 9*day)
				b.anyIndex(knownIndex{scope: "b", keyRef: mainRef, read: true, names: []string{sum("base"), sum("new")}}, mainRef, "1", ago(9*day), now)
				b.blob(knownBlob{digest: sum("new")}, mainRef, ago(9*day), ago(2*time.Hour))
				b.blob(knownBlob{digest: sum("base")}, mainRef, ago(9*day), ago(2*time.Hour))
				return Policy{Until: ago(7 * day), Runs: since(time.Hour), Grace: DefaultGrace}
			},
			map[string]string{
				"a#1 on " + mainRef: "delete: until", "old on " + mainRef: "delete: until",
				"b#1 on " + mainRef: "keep: not selected", "new on " + mainRef: "keep: in use", "base on " + mainRef: "keep: in use",
			},
		},
		"a blob that a run in progress looked up stays, an old index that was read goes": {
			func(b *builder) Policy {
				b.blob(knownBlob{digest: sum("orphan")}, mainRef, ago(9*day), ago(30*time.Minute))
				b.blob(knownBlob{digest: sum("old")}, mainRef, ago(9*day), ago(2*time.Hour))
				b.anyIndex(knownIndex{scope: "a", keyRef: mainRef, read: true}, mainRef, "1", ago(9*day), now)
				b.index("a", mainRef, 2, 8*day)
				b.index("a", mainRef, 3, 8*day)
				return Policy{Runs: since(time.Hour), Grace: DefaultGrace}
			},
			map[string]string{
				"orphan on " + mainRef: "keep: a run could need it", "old on " + mainRef: "delete: unreferenced",
				"a#1 on " + mainRef: "delete: superseded", "a#2 on " + mainRef: "keep: within --keep-versions", "a#3 on " + mainRef: "keep: newest version",
			},
		},
		"entries since the oldest run are young, however short the grace": {
			func(b *builder) Policy {
				b.layer("orphan", mainRef, 2*day)
				b.layer("old", mainRef, 4*day)
				return Policy{Runs: since(3 * day)}
			},
			map[string]string{"orphan on " + mainRef: "keep: a run could need it", "old on " + mainRef: "delete: unreferenced"},
		},
		"a signature stays with its index and goes without": {
			func(b *builder) Policy {
				x := b.anyIndex(knownIndex{scope: "a", keyRef: mainRef, signed: true, read: true}, mainRef, "1", ago(9*day), ago(9*day))
				b.blob(knownBlob{signature: true, digest: x.digest}, mainRef, ago(9*day), ago(9*day))
				b.blob(knownBlob{signature: true, digest: x.digest}, feature, ago(9*day), ago(9*day))
				return Policy{}
			},
			map[string]string{
				"a#1 on " + mainRef: "keep: newest version", "signature on " + mainRef: "keep: in use",
				"signature on " + feature: "delete: unreferenced",
			},
		},
		"other tools' entries go with everything, and only then": {
			func(b *builder) Policy {
				b.other("setup-go", "1", mainRef, time.Minute)
				b.layer("orphan", mainRef, time.Minute)
				return Policy{All: true, Other: true, Runs: idle(), Grace: DefaultGrace}
			},
			map[string]string{"setup-go on " + mainRef: "delete: all", "orphan on " + mainRef: "delete: all"},
		},
		"everything does not mean other tools": {
			func(b *builder) Policy {
				b.other("setup-go", "1", mainRef, 9*day)
				return Policy{All: true}
			},
			map[string]string{"setup-go on " + mainRef: "keep: other tool"},
		},
		"keep-storage takes garbage first and leaves the rest if that is enough": {
			func(b *builder) Policy {
				b.index("a", mainRef, 1, 9*day, b.layer("base", mainRef, 9*day))
				b.layer("orphan", mainRef, 9*day)
				return Policy{KeepStorage: sizeOf(sum("base")) + 500, Runs: bkcache.Runs{Asked: now}}
			},
			map[string]string{
				"a#1 on " + mainRef: "keep: newest version", "base on " + mainRef: "keep: in use", "orphan on " + mainRef: "delete: unreferenced",
			},
		},
		"keep-storage deletes nothing within the limit": {
			func(b *builder) Policy {
				b.layer("orphan", mainRef, 9*day)
				return Policy{KeepStorage: sizeOf(sum("orphan"))}
			},
			map[string]string{"orphan on " + mainRef: "keep: not selected"},
		},
		"keep-storage takes the least recently used cache with what only it names": {
			func(b *builder) Policy {
				b.index("a", mainRef, 1, 9*day, b.layer("base", mainRef, 9*day), b.layer("old", mainRef, 9*day))
				b.index("b", mainRef, 1, 8*day, sum("base"), b.layer("new", mainRef, 8*day))
				return Policy{KeepStorage: 500 + sizeOf(sum("base")) + sizeOf(sum("new")), Runs: bkcache.Runs{Asked: now}}
			},
			map[string]string{
				"a#1 on " + mainRef: "delete: keep-storage", "old on " + mainRef: "delete: keep-storage",
				"b#1 on " + mainRef: "keep: newest version", "base on " + mainRef: "keep: in use", "new on " + mainRef: "keep: in use",
			},
		},
		"keep-storage takes no cache of which it cannot tell what would be free": {
			func(b *builder) Policy {
				b.refs.Bases[pull1] = mainRef
				b.index("a", mainRef, 1, 9*day, b.layer("base", mainRef, 9*day))
				b.index("a", pull1, 1, 8*day).read = false
				return Policy{KeepStorage: 1}
			},
			map[string]string{
				"a#1 on " + mainRef: "unknown: " + string(GainUnknown), "base on " + mainRef: "keep: in use",
				"a#1 on " + pull1: "unknown: " + string(GainUnknown),
			},
		},
		"keep-storage takes no cache whose layers a run under way could need, unless what is likely goes as well": {
			func(b *builder) Policy {
				b.index("a", mainRef, 1, 9*day, b.layer("base", mainRef, 9*day))
				return Policy{KeepStorage: 1, Runs: since(time.Hour)}
			},
			map[string]string{"a#1 on " + mainRef: "unknown: " + string(GainUnknown), "base on " + mainRef: "keep: in use"},
		},
		"keep-storage takes the entries of other tools in the order of their use": {
			func(b *builder) Policy {
				b.other("setup-go", "1", mainRef, 9*day)
				b.index("a", mainRef, 1, 8*day, b.layer("base", mainRef, 8*day))
				return Policy{KeepStorage: 500 + sizeOf(sum("base")), Other: true, Runs: bkcache.Runs{Asked: now}}
			},
			map[string]string{
				"setup-go on " + mainRef: "delete: keep-storage", "a#1 on " + mainRef: "keep: newest version", "base on " + mainRef: "keep: in use",
			},
		},
		"a pull request goes whole, because no job on another ref reads it": {
			func(b *builder) Policy {
				b.refs.Bases[pull1] = mainRef
				b.index("a", mainRef, 1, 9*day, b.layer("base", mainRef, 9*day)).read = false
				b.index("a", pull1, 1, 8*day, b.layer("top", pull1, 8*day)).read = false
				b.layer("orphan", pull1, time.Minute)
				return Policy{Ref: only(pull1), Grace: DefaultGrace, Runs: bkcache.Runs{Asked: now}}
			},
			map[string]string{
				"a#1 on " + mainRef: "keep: not selected", "base on " + mainRef: "keep: not selected",
				"a#1 on " + pull1: "delete: ref", "top on " + pull1: "delete: ref", "orphan on " + pull1: "delete: ref",
			},
		},
		"the index of a branch stays with layers that a pull request may read there": {
			func(b *builder) Policy {
				b.refs.Bases[pull1] = mainRef
				b.index("a", mainRef, 1, 9*day, b.layer("base", mainRef, 9*day)).read = false
				b.index("a", pull1, 1, 9*day, b.layer("top", pull1, 9*day)).read = false
				b.blobs[0].Used = ago(8 * day) // by the pull request
				b.entries[0].Used = ago(8 * day)
				return Policy{Ref: only(mainRef), Grace: DefaultGrace, Runs: bkcache.Runs{Asked: now}}
			},
			map[string]string{
				"a#1 on " + mainRef: "unknown: " + string(LayersStay), "base on " + mainRef: "unknown: " + string(IndexUnread),
				"a#1 on " + pull1: "keep: not selected", "top on " + pull1: "keep: not selected",
			},
		},
		"the index of a branch is no surer to go than its layers": {
			func(b *builder) Policy {
				b.refs.Bases[pull1] = mainRef
				b.index("a", mainRef, 1, 9*day, b.layer("base", mainRef, 9*day)).read = false
				b.index("a", pull1, 1, 8*day).read = false
				return Policy{Ref: only(mainRef), Grace: DefaultGrace, Runs: bkcache.Runs{Asked: now}}
			},
			map[string]string{
				"a#1 on " + mainRef: "likely: ref", "base on " + mainRef: "likely: ref", "a#1 on " + pull1: "keep: not selected",
			},
		},
		"a cache of which no layer is left goes, one that lacks a layer stays": {
			func(b *builder) Policy {
				b.index("a", mainRef, 1, 9*day, sum("base"))
				b.index("b", mainRef, 1, 9*day, sum("base"), b.layer("top", mainRef, 9*day))
				b.index("empty", mainRef, 1, 9*day)
				return Policy{Grace: DefaultGrace}
			},
			map[string]string{
				"a#1 on " + mainRef: "delete: layers missing", "b#1 on " + mainRef: "keep: newest version", "top on " + mainRef: "keep: in use",
				"empty#1 on " + mainRef: "keep: newest version",
			},
		},
		"an unread index goes if no blob is left that it could name": {
			func(b *builder) Policy {
				b.refs.Bases[pull1] = mainRef
				b.index("a", pull1, 1, 9*day).read = false
				b.layer("orphan", feature, 9*day)
				return Policy{Grace: DefaultGrace}
			},
			map[string]string{"a#1 on " + pull1: "delete: layers missing", "orphan on " + feature: "delete: unreferenced"},
		},
		"what is incomplete goes with the layers that are left": {
			func(b *builder) Policy {
				b.index("a", mainRef, 1, 9*day, sum("base"), b.layer("top", mainRef, 9*day))
				return Policy{Incomplete: true, Grace: DefaultGrace}
			},
			map[string]string{"a#1 on " + mainRef: "delete: layers missing", "top on " + mainRef: "delete: layers missing"},
		},
		"of the versions of an index as many stay as shall": {
			func(b *builder) Policy {
				b.index("a", mainRef, 1, 9*day, b.layer("old", mainRef, 9*day))
				b.index("a", mainRef, 2, 8*day, b.layer("new", mainRef, 8*day))
				return Policy{KeepVersions: 1, Grace: DefaultGrace}
			},
			map[string]string{
				"a#1 on " + mainRef: "delete: superseded", "old on " + mainRef: "delete: superseded",
				"a#2 on " + mainRef: "keep: newest version", "new on " + mainRef: "keep: in use",
			},
		},
		"single entries go, whoever wrote them, but no layer that an index references": {
			func(b *builder) Policy {
				b.index("a", mainRef, 1, 9*day, b.layer("base", mainRef, 9*day))
				b.layer("orphan", mainRef, time.Minute)
				b.other("setup-go", "1", mainRef, time.Minute)
				return Policy{Entry: func(e bkcache.Entry) bool { return !strings.HasPrefix(e.Key, "index-") }, Grace: DefaultGrace, Runs: bkcache.Runs{Asked: now}}
			},
			map[string]string{
				"a#1 on " + mainRef: "keep: not selected", "base on " + mainRef: "keep: in use",
				"orphan on " + mainRef: "delete: selected", "setup-go on " + mainRef: "delete: selected",
			},
		},
		"of single entries those stay that were used after a time": {
			func(b *builder) Policy {
				b.layer("new", mainRef, 2*day)
				b.layer("old", mainRef, 9*day)
				b.other("setup-go", "1", mainRef, 2*day)
				b.other("setup-node", "1", mainRef, 9*day)
				return Policy{Entry: func(bkcache.Entry) bool { return true }, Until: ago(5 * day), Grace: DefaultGrace, Runs: bkcache.Runs{Asked: now}}
			},
			map[string]string{
				"new on " + mainRef: "keep: not selected", "old on " + mainRef: "delete: selected",
				"setup-go on " + mainRef: "keep: other tool", "setup-node on " + mainRef: "delete: selected",
			},
		},
		"with a scope, of single entries those stay that have none": {
			func(b *builder) Policy {
				b.index("a", mainRef, 1, 9*day)
				b.layer("orphan", mainRef, 9*day)
				b.other("setup-go", "1", mainRef, 9*day)
				return Policy{Entry: func(bkcache.Entry) bool { return true }, Scope: only("a"), Grace: DefaultGrace, Runs: bkcache.Runs{Asked: now}}
			},
			map[string]string{
				"a#1 on " + mainRef: "delete: selected", "orphan on " + mainRef: "keep: not selected", "setup-go on " + mainRef: "keep: other tool",
			},
		},
		"a scope that no index has takes nothing": {
			func(b *builder) Policy {
				b.index("a", mainRef, 1, 9*day)
				b.layer("orphan", mainRef, 9*day)
				return Policy{Scope: only("typo"), Grace: DefaultGrace}
			},
			map[string]string{"a#1 on " + mainRef: "keep: not selected", "orphan on " + mainRef: "keep: not selected"},
		},
		"an index whose key was made for another ref stays and counts everywhere": {
			func(b *builder) Policy {
				b.anyIndex(knownIndex{scope: "a", keyRef: feature}, mainRef, "1", ago(9*day), ago(9*day))
				b.layer("orphan", "refs/heads/elsewhere", 9*day)
				b.refs.Closed[mainRef] = "nonsense"
				return Policy{}
			},
			map[string]string{
				"a#1 on " + mainRef: "keep: not selected", "orphan on refs/heads/elsewhere": "unknown: " + string(IndexUnread),
			},
		},
	}
}
