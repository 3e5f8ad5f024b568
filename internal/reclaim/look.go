package reclaim

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
)

// Service is the cache that a plan is executed on. Times are by the clock that the
// execution was given.
type Service interface {
	// Delete deletes an entry. The error is [io/fs.ErrNotExist] if there is none; that
	// is a success once the entry is not listed either, because GitHub says the same of
	// what a token may not see. The request is sent before a time, or not at all, which
	// is [ErrLate]; zero sets no limit.
	Delete(ctx context.Context, id int64, before time.Time) error
	// Look lists the cache and the refs and reads the indexes, as they are now.
	Look(ctx context.Context) (*Analysis, error)
	// Glance asks, in as little time as possible, what has happened to blobs since a time.
	Glance(ctx context.Context, blobs []bkcache.Entry, since time.Time) (Glance, error)
	// Runs lists the workflow runs under way.
	Runs(ctx context.Context) (bkcache.Runs, error)
}

// Glance is what has happened since a look.
type Glance struct {
	Used    map[int64]time.Time // when blobs were used last that were used since
	Indexes []int64             // the indexes that were created last, with all that were created since
}

// ErrLate is returned by a [Service] for a deletion that it has not sent in time.
var ErrLate = errors.New("it is too late to delete")

var errRestless = errors.New("the cache changes faster than the service answers")

const (
	// fresh is for how long a glance justifies deletions, from its first request on. No
	// run gets from GitHub's list to the export of a build in so short a time.
	fresh = 5 * time.Second
	// runsFresh is for how long several glances rely on one list of runs.
	runsFresh = 2 * time.Second
	// patience is how often a batch is looked at until a glance still holds when the
	// deletions are sent.
	patience = 10
)

// view is what an execution knows of the cache and of those who could need it.
type view struct {
	*Analysis // of the last look
	needs     func(item int32, v *Verdict) bool
	begun     time.Time    // the look
	before    bkcache.Runs // that were under way before the look

	runs  bkcache.Runs // under way
	asked time.Time    // when the question for them was put
}

// outdated reports whether something came since the look that only a look can judge.
func (v *view) outdated(g Glance) bool {
	return slices.ContainsFunc(g.Indexes, func(id int64) bool { return !v.has(id) }) ||
		slices.ContainsFunc(v.runs.Runs, func(run bkcache.Run) bool {
			return !slices.ContainsFunc(v.before.Runs, func(r bkcache.Run) bool { return r.ID == run.ID && r.Began.Equal(run.Began) })
		})
}

// runBlobs deletes blobs, a few at once, each time right after a glance.
func (e *execution) runBlobs(ctx context.Context, items []int32) {
	p := e.plan
	e.view = view{Analysis: p.analysis, begun: p.at, before: p.runs, runs: p.runs}
	e.view.needs = p.needs(p.analysis, func(x *index) bool { return !e.gone[x.item] })
	for batch := range slices.Chunk(items, e.batch) {
		e.runBatch(ctx, batch)
	}
}

func (e *execution) runBatch(ctx context.Context, items []int32) {
	for range patience {
		glance, before, err := e.glance(ctx, items)
		if err == nil && e.view.outdated(glance) {
			if err = e.look(ctx); err == nil {
				continue
			}
		}
		if err != nil {
			e.stop(err)
			break
		}
		if items = e.run(ctx, e.stillFree(glance, items), before); len(items) == 0 {
			return
		}
	}
	e.stop(errRestless) // unless there was another reason
	e.run(ctx, items, time.Time{})
}

// glance asks for the runs under way, unless it did so a moment ago, and then for the
// rest: a run that ended before the first question has written its index by the second.
// Deletions that rest on the answers are sent before a time.
func (e *execution) glance(ctx context.Context, items []int32) (g Glance, before time.Time, err error) {
	begun := e.now()
	if err := e.askRuns(ctx, begun); err != nil {
		return g, before, err
	}
	blobs := make([]bkcache.Entry, len(items))
	for n, i := range items {
		blobs[n] = e.plan.Verdicts[i].Entry
	}
	g, err = e.service.Glance(ctx, blobs, e.view.begun)
	if e.view.asked.Before(begun) && e.watches() {
		begun = e.view.asked
	}
	return g, begun.Add(fresh), err
}

// watches reports whether the runs matter: to what is proven, if they are known at all.
func (e *execution) watches() bool { return e.plan.proven && !e.plan.runs.Asked.IsZero() }

func (e *execution) askRuns(ctx context.Context, now time.Time) (err error) {
	if !e.watches() || now.Sub(e.view.asked) < runsFresh {
		return nil
	}
	e.view.runs, err = e.service.Runs(ctx)
	e.view.asked = now
	return err
}

// look looks again, after asking for the runs under way.
func (e *execution) look(ctx context.Context) error {
	begun := e.now()
	e.view.asked = time.Time{}
	if err := e.askRuns(ctx, begun); err != nil {
		return err
	}
	fresh, err := e.service.Look(ctx)
	if err != nil {
		return err
	}
	needs := e.plan.needs(fresh, func(*index) bool { return true })
	e.view = view{Analysis: fresh, needs: needs, begun: begun, before: e.view.runs, runs: e.view.runs, asked: e.view.asked}
	return nil
}

// stillFree returns the blobs that nobody has used since the plan was made, that no index
// could reference and, where only what is proven may go, that no run under way could see.
// It counts the others.
func (e *execution) stillFree(g Glance, items []int32) []int32 {
	guard := e.view.graph.guard(e.view.runs, e.view.begun)
	return slices.DeleteFunc(slices.Clone(items), func(i int32) bool {
		v := &e.plan.Verdicts[i]
		needed := g.Used[v.ID].After(v.Used)
		if at, listed := e.view.find(v.ID); listed {
			unsure := e.plan.proven && guard.class(e.view.graph.ref[at]) != Proven
			needed = needed || unsure || e.view.Items[at].Used.After(v.Used) || e.view.needs(int32(at), v)
		}
		if needed {
			e.result.Needed.add(v)
		}
		return needed
	})
}

// missing is an item that the service says it does not have.
type missing struct {
	item int32
	err  error
}

// settle compares what is missing with a look.
func (e *execution) settle(ctx context.Context) {
	if len(e.missing) == 0 {
		return
	}
	fresh, err := e.service.Look(ctx)
	if err != nil || ctx.Err() != nil {
		e.stop(err)
		fresh = nil
	}
	for _, m := range e.missing {
		switch {
		case fresh == nil:
			e.skip(m.item)
		case fresh.has(e.plan.Verdicts[m.item].ID):
			e.report(ctx, m.item, m.err)
		default:
			e.report(ctx, m.item, nil)
		}
	}
	e.missing = nil
}

// find returns the position of an entry among the items.
func (a *Analysis) find(id int64) (int, bool) {
	return slices.BinarySearchFunc(a.Items, id, func(i Item, id int64) int { return cmp.Compare(i.ID, id) })
}

func (a *Analysis) has(id int64) bool {
	_, has := a.find(id)
	return has
}
