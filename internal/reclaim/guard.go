package reclaim

import (
	"cmp"
	"slices"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
)

// guard knows which workflow runs under way could need what lies on a ref.
type guard struct {
	graph *graph
	known bool      // which runs there are
	asked time.Time // by GitHub's clock or before
	// watched holds, by ref, since when a run that could see it has been under way; zero
	// where there is none.
	watched []time.Time
}

// uploading is how long the upload of a blob may take, during which another export takes
// the blob for present. GitHub does not document whether created_at is its beginning or
// its end.
const uploading = time.Hour

// longestJob is after what time GitHub ends a job: on its own runners after 6 hours, on
// others after 5 days (https://docs.github.com/actions/reference/limits). What an earlier
// job of a run has found, its index references by now.
const longestJob = 5 * 24 * time.Hour

// guard returns the guard against runs or, if these are not known, against one that sees
// everything and began at a time.
func (g *graph) guard(runs bkcache.Runs, unknown time.Time) *guard {
	known := !runs.Asked.IsZero()
	if !known {
		runs = bkcache.Runs{Asked: unknown, Runs: []bkcache.Run{{Began: unknown}}}
	}
	guard := &guard{graph: g, known: known, asked: runs.Asked, watched: make([]time.Time, len(g.reach.ids))}
	for _, run := range runs.Runs {
		for ref, id := range g.reach.ids {
			if g.reach.closed[id] || !g.reach.sees(run, ref) {
				continue
			}
			began := later(run.Began, runs.Asked.Add(-longestJob))
			if since := guard.watched[id]; since.IsZero() || began.Before(since) {
				guard.watched[id] = began
			}
		}
	}
	return guard
}

// sees reports whether a job of run could see what lies on ref.
func (r *reach) sees(run bkcache.Run, ref string) bool {
	return len(run.Refs) == 0 || !placed(ref) || slices.ContainsFunc(run.Refs, func(from string) bool {
		refs, known := r.reads(from)
		return !known || slices.Contains(refs, ref)
	})
}

// class is that of a blob on ref.
func (g *guard) class(ref int32) Class {
	if g.watched[ref].IsZero() {
		return Proven
	}
	return Likely
}

// young reports whether a run that is under way, or that began after the question, may
// have created the item or found it on its ref.
func (g *guard) young(item *Item, ref int32) bool {
	since, watched := g.asked, g.watched[ref]
	switch {
	case g.graph.reach.closed[ref]:
		return false
	case !watched.IsZero() && watched.Before(since):
		since = watched
	}
	if item.Key.Kind == bkcache.KindIndex {
		return item.Created.After(since)
	}
	uploaded := g.known && !watched.IsZero() && item.Created.After(watched.Add(-uploading))
	return uploaded || item.Used.After(since) || item.Created.After(since)
}

// class tells how sure a deletion is, as far as its own item tells.
func (p *planner) class(v *Verdict) Class {
	if v.Class == Likely || v.Key.Kind.Blob() && p.guard.class(p.graph.reach.ids[v.Ref]) == Likely {
		return Likely
	}
	return Proven
}

// classify tells how sure each deletion is. A blob is no surer than the deletion of the
// indexes that reference it.
func (p *planner) classify() {
	unsure := p.graph.hold(func(x *index) bool { return p.verdicts[x.item].Class == Likely })
	for i := range p.verdicts {
		v := &p.verdicts[i]
		switch {
		case v.Decision != Delete:
			v.Class, v.Doubt = "", ""
		case p.class(v) == Likely, v.Key.Kind.Blob() && unsure.of(int32(i)) != unreferenced:
			v.Class, v.Doubt = Likely, cmp.Or(v.Doubt, OnlyLikely)
		default:
			v.Class = Proven
		}
	}
}
