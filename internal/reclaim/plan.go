package reclaim

import (
	"cmp"
	"iter"
	"slices"
	"sync/atomic"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
)

// Plan says what happens to each entry of an analysis. It does not change.
type Plan struct {
	Verdicts []Verdict // by ID: one for each item
	Heads    string    // of the analysis, see [Analysis.Heads]
	Left     int64     // bytes of what stays, as far as KeepStorage counts it; 0 without

	graph    *graph
	leaves   func(ref string) bool // see [Analysis.leaving]; nil: no ref
	analysis *Analysis
	runs     bkcache.Runs
	at       time.Time
	proven   bool // it deletes nothing else
	used     atomic.Bool
}

// Proven returns a plan that deletes only what is [Proven]. The rest of what p deletes
// stays, with the class [Likely] and the doubt for its reason.
func (p *Plan) Proven() *Plan {
	proven := &Plan{
		Verdicts: slices.Clone(p.Verdicts), Heads: p.Heads, Left: p.Left, graph: p.graph, leaves: p.leaves,
		analysis: p.analysis, runs: p.runs, at: p.at, proven: true,
	}
	for i := range proven.Verdicts {
		if v := &proven.Verdicts[i]; v.Class == Likely {
			v.Decision, v.Reason, v.Detail = Unclear, v.Doubt, ""
		}
	}
	return proven
}

// Total is the number of entries with a decision, class and reason, and their bytes.
type Total struct {
	Decision Decision
	Class    Class
	Reason   Reason
	Count    int
	Bytes    int64
}

// NewPlan judges every item of a by policy at the time now, by GitHub's clock or earlier,
// which is no later than the listing was begun.
func NewPlan(a *Analysis, policy Policy, now time.Time) *Plan {
	heads := a.Heads()
	leaves := policy.leaves()
	if leaves != nil {
		a = a.leaving(leaves)
	}
	p := newPlanner(a, policy, now)
	p.decide()
	if p.policy.KeepStorage > 0 && p.size() > p.policy.KeepStorage {
		p.selectGarbage()
		p.decide()
		p.evict()
	}
	p.classify()
	var left int64
	if p.policy.KeepStorage > 0 {
		left = p.size()
	}
	return &Plan{
		Verdicts: p.verdicts, Heads: heads, Left: left, graph: a.graph, leaves: leaves, analysis: a, runs: policy.Runs, at: now,
	}
}

// Totals returns what the plan comes to, see [Totals].
func (p *Plan) Totals() []Total { return Totals(p.Verdicts) }

// Totals returns what verdicts come to: what they delete, do not know, keep; the greatest
// part of each first.
func Totals(verdicts []Verdict) []Total {
	type kind struct {
		decision Decision
		class    Class
		reason   Reason
	}
	sums := map[kind]*Total{}
	for _, v := range verdicts {
		k := kind{v.Decision, v.Class, v.Reason}
		if sums[k] == nil {
			sums[k] = &Total{Decision: v.Decision, Class: v.Class, Reason: v.Reason}
		}
		sums[k].Count++
		sums[k].Bytes += v.Size
	}
	var totals []Total
	for _, total := range sums {
		totals = append(totals, *total)
	}
	order := []Decision{Delete, Unclear, Keep}
	slices.SortFunc(totals, func(a, b Total) int {
		return cmp.Or(
			cmp.Compare(slices.Index(order, a.Decision), slices.Index(order, b.Decision)),
			cmp.Compare(b.Class, a.Class), // proven before likely
			cmp.Compare(b.Bytes, a.Bytes),
			cmp.Compare(b.Count, a.Count),
			cmp.Compare(a.Reason, b.Reason),
		)
	})
	return totals
}

// Deletions yields the verdicts that delete, in the order of their execution.
func (p *Plan) Deletions() iter.Seq[*Verdict] {
	return func(yield func(*Verdict) bool) {
		superseded, previous, heads, rest := p.phases()
		for _, i := range slices.Concat(superseded, previous, heads, rest) {
			if !yield(&p.Verdicts[i]) {
				return
			}
		}
	}
}

// phases returns the items to delete. Each phase must be over before the next: an
// interruption then never makes an old index the head again, nor a superseded one
// count as current, and never leaves an index without its blobs.
func (p *Plan) phases() (superseded, previous, heads, rest []int32) {
	for i := range p.graph.indexes {
		x := &p.graph.indexes[i]
		switch {
		case p.Verdicts[x.item].Decision != Delete:
		case x.version == 0:
			heads = append(heads, x.item)
		case x.version < CurrentVersions:
			previous = append(previous, x.item)
		default:
			superseded = append(superseded, x.item)
		}
	}
	for i := range p.Verdicts {
		if v := &p.Verdicts[i]; v.Decision == Delete && v.Key.Kind != bkcache.KindIndex {
			rest = append(rest, int32(i))
		}
	}
	return superseded, previous, heads, rest
}

// Holders returns the caches with an index that stays and references the blob of v, as far as indexes were read.
func (p *Plan) Holders(v *Verdict) []*Cache {
	at, _ := p.analysis.find(v.ID)
	var holders []*Cache
	for i := range p.graph.indexes {
		x := &p.graph.indexes[i]
		cache := &p.analysis.Caches[x.cache]
		if p.Verdicts[x.item].Decision == Delete || slices.Contains(holders, cache) {
			continue
		}
		for item := range p.graph.references(x) {
			if int(item) == at {
				holders = append(holders, cache)
				break
			}
		}
	}
	return holders
}
