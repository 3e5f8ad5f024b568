package reclaim

import (
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
)

// DefaultGrace is how long entries are left alone for a job that nobody knows of:
// the longest that a job on GitHub's runners takes, several times over.
const DefaultGrace = 24 * time.Hour

// Policy says what a plan shall delete.
//
// Scope, Ref, Until and Entry narrow it. With none of the reasons Closed, Superseded,
// Unreferenced, Incomplete and All the first three select whole caches, whose layers follow unless another
// cache needs them; with a reason they select among what it covers, by scope only
// the indexes, because blobs have none. The policy that neither narrows nor gives a
// reason nor KeepStorage deletes what is closed, superseded and unreferenced, and caches of
// which no layer is left.
type Policy struct {
	Scope func(scope string) bool // nil admits all
	Ref   func(ref string) bool   // nil admits all
	// Until admits whole caches that were not used since, and under a reason indexes
	// not written and blobs not used since. Zero admits all.
	Until time.Time
	// Entry admits single entries, BuildKit's and others, which then go without what
	// belongs to them; nil narrows nothing. A layer that an index references stays.
	Entry func(bkcache.Entry) bool

	Closed       bool // entries on closed refs
	Superseded   bool // old versions of indexes, and layers that only these reference
	Unreferenced bool // blobs that no index could name
	Incomplete   bool // caches whose head names a layer that is missing
	All          bool // everything that BuildKit wrote
	Other        bool // with All or KeepStorage: what other tools wrote, too

	KeepVersions int // how many versions of an index are not superseded; 2 if zero

	// KeepStorage is how many bytes the entries on the admitted refs may keep, those of
	// other tools only with Other; 0 sets no limit. If they hold more, what is closed,
	// superseded and unreferenced goes, and then admitted caches, least recently used
	// first. A cache goes only if it is known what it alone names.
	KeepStorage int64
	// Likely counts deletions that are no more than [Likely] for KeepStorage.
	Likely bool

	// Grace protects what was created within it, unless the user named it by Scope, Ref
	// or All. Zero protects nothing.
	Grace time.Duration
	// Runs are the workflow runs under way. On the refs that a run could see, they protect
	// indexes that were created and blobs that were created or used since the run began,
	// whatever else the policy says; no other blob there is [Proven]. Closed refs they do
	// not protect. If the runs are not known, it is as if one that sees everything had
	// begun Grace ago.
	Runs bkcache.Runs
}

// narrowed reports whether the policy admits only part of the entries.
func (p *Policy) narrowed() bool {
	return p.Scope != nil || p.Ref != nil || p.Entry != nil || !p.Until.IsZero()
}

// reasoned reports whether the policy selects by reason rather than whole caches.
func (p *Policy) reasoned() bool {
	return (p.Closed || p.Superseded || p.Unreferenced || p.Incomplete) && !p.All
}

// whole reports whether the policy selects whole caches.
func (p *Policy) whole() bool {
	return p.Entry == nil && (p.All || p.narrowed() && !p.reasoned() && p.KeepStorage == 0)
}

// leaves returns which refs are to lose all that BuildKit wrote there; nil if none is.
func (p *Policy) leaves() func(ref string) bool {
	if !p.whole() || p.Scope != nil || !p.Until.IsZero() {
		return nil
	}
	if p.Ref == nil {
		return func(string) bool { return true }
	}
	return p.Ref
}

// Named reports whether the user named what the policy admits, so that being young
// does not protect it.
func (p *Policy) Named() bool { return p.All || p.Scope != nil || p.Ref != nil || p.Entry != nil }

// Selects reports whether Ref, Until and Entry admit an entry. A layer has no scope, so Scope tells nothing of it.
func (p *Policy) Selects(item *Item) bool {
	return p.admitsRef(item.Ref) && p.admitsTime(later(item.Created, item.Used)) && (p.Entry == nil || p.Entry(item.Entry))
}

func (p *Policy) admitsRef(ref string) bool { return p.Ref == nil || p.Ref(ref) }

func (p *Policy) admitsScope(scope string) bool { return p.Scope == nil || p.Scope(scope) }

func (p *Policy) admitsTime(t time.Time) bool { return p.Until.IsZero() || t.Before(p.Until) }
