package reclaim

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
)

// parallel bounds the deletions under way. GitHub takes 100 at once, of all clients
// together; keeping to its rate is the [Service]'s business.
const parallel = 20

// ErrUsed is returned by a second execution of a plan.
var ErrUsed = errors.New("the plan was executed before")

// Tally is a number of entries and their bytes.
type Tally struct {
	Count int
	Bytes int64
}

func (t *Tally) add(v *Verdict) {
	t.Count++
	t.Bytes += v.Size
}

// Failure is an entry that could not be deleted.
type Failure struct {
	*Verdict
	Err error
}

// Result is what an execution came to. Its tallies make up all that was to be deleted.
type Result struct {
	Deleted Tally
	Failed  Tally
	// Held counts what was left alone because an index could not be deleted: the newer
	// versions of the same and the blobs that it could name.
	Held Tally
	// Needed counts the blobs that a build has looked up since the plan was made, or that
	// an index could name by now.
	Needed  Tally
	Skipped Tally // not reached, or cut off under way, before the context ended
	// Failures holds the failed entries in the order in which they failed.
	Failures []Failure
}

// Progress tells what became of one entry.
type Progress struct {
	*Verdict
	Err  error // nil if it was deleted
	Done int   // how many entries were tried so far, this one included
}

// Execute deletes what the plan deletes, several entries at a time, and goes on when
// one fails. It looks again right before each few blobs: what a build has begun to need
// stays. It returns when all were tried or, once ctx ends or a look fails, the deletions
// under way have ended; if entries were skipped, the error is the cause. The plan is good
// for one execution. Unless it is nil, progress is called after each entry, one call at a
// time.
func (p *Plan) Execute(ctx context.Context, service Service, now func() time.Time, progress func(Progress)) (Result, error) {
	if p.used.Swap(true) {
		return Result{}, ErrUsed
	}
	e := &execution{plan: p, service: service, now: now, progress: progress, workers: parallel, batch: parallel}
	return e.execute(ctx)
}

func (e *execution) execute(ctx context.Context) (Result, error) {
	p := e.plan
	ctx, e.stop = context.WithCancelCause(ctx)
	defer e.stop(nil)
	e.gone = make([]bool, len(p.Verdicts))
	superseded, previous, heads, rest := p.phases()
	e.runIndexes(ctx, superseded)
	e.runIndexes(ctx, e.releaseIndexes(previous))
	e.runIndexes(ctx, e.releaseIndexes(heads))
	others, blobs := p.divide(rest)
	e.run(ctx, others, time.Time{})
	e.runBlobs(ctx, e.releaseBlobs(blobs))
	e.settle(ctx)
	if e.result.Skipped.Count > 0 {
		return e.result, context.Cause(ctx)
	}
	return e.result, nil
}

// divide separates the entries that no index references from BuildKit's blobs.
func (p *Plan) divide(items []int32) (others, blobs []int32) {
	for _, i := range items {
		if kind := p.Verdicts[i].Key.Kind; kind == bkcache.KindOther || kind == bkcache.KindMount {
			others = append(others, i)
		} else {
			blobs = append(blobs, i)
		}
	}
	return others, blobs
}

type execution struct {
	plan     *Plan
	service  Service
	now      func() time.Time
	progress func(Progress)
	workers  int // deletions at once
	batch    int // blobs that rest on one glance
	stop     context.CancelCauseFunc

	mu      sync.Mutex
	done    int
	gone    []bool // by item
	result  Result
	missing []missing
	late    []int32 // what the service was given too late

	view view
}

// runIndexes tries the indexes, and finds out what became of each.
func (e *execution) runIndexes(ctx context.Context, items []int32) {
	e.run(ctx, items, time.Time{})
	e.settle(ctx)
}

// run tries the items and returns, once all are through, those that could not be sent
// before a time.
func (e *execution) run(ctx context.Context, items []int32, before time.Time) (late []int32) {
	var workers errgroup.Group
	workers.SetLimit(e.workers)
	for _, i := range items {
		workers.Go(func() error {
			e.try(ctx, i, before)
			return nil
		})
	}
	_ = workers.Wait() // no worker returns an error: each entry stands for itself
	late, e.late = e.late, nil
	return late
}

func (e *execution) try(ctx context.Context, i int32, before time.Time) {
	if ctx.Err() != nil {
		e.skip(i)
		return
	}
	err := e.service.Delete(ctx, e.plan.Verdicts[i].ID, before)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		e.mu.Lock()
		defer e.mu.Unlock()
		e.missing = append(e.missing, missing{i, err})
	case errors.Is(err, ErrLate):
		e.mu.Lock()
		defer e.mu.Unlock()
		e.late = append(e.late, i)
	default:
		e.report(ctx, i, err)
	}
}

func (e *execution) skip(i int32) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.result.Skipped.add(&e.plan.Verdicts[i])
}

func (e *execution) report(ctx context.Context, i int32, err error) {
	if err != nil && ctx.Err() != nil {
		e.skip(i) // nothing is wrong with the entry
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	v := &e.plan.Verdicts[i]
	if err == nil {
		e.gone[i] = true
		e.result.Deleted.add(v)
	} else {
		e.result.Failed.add(v)
		e.result.Failures = append(e.result.Failures, Failure{v, err})
	}
	e.done++
	if e.progress != nil {
		e.progress(Progress{Verdict: v, Err: err, Done: e.done})
	}
}

// stays reports whether x had to go and is still there.
func (e *execution) stays(x *index) bool {
	return e.plan.Verdicts[x.item].Decision == Delete && !e.gone[x.item]
}

// releaseIndexes returns the indexes of which all older versions are gone that had
// to go. One that is left would take its place.
func (e *execution) releaseIndexes(items []int32) []int32 {
	indexes := e.plan.graph.indexes
	held := make([]bool, len(e.gone))
	for i := len(indexes) - 1; i > 0; i-- {
		older, x := &indexes[i], &indexes[i-1]
		if x.cache == older.cache {
			held[x.item] = held[older.item] || e.stays(older)
		}
	}
	return e.release(items, func(i int32) bool { return held[i] })
}

// releaseBlobs returns the blobs that no index could reference which had to go and is
// still there.
func (e *execution) releaseBlobs(blobs []int32) []int32 {
	staying := e.plan.graph.hold(e.stays)
	return e.release(blobs, func(i int32) bool { return staying.of(i) != unreferenced })
}

// release returns the items that nothing holds, and counts the others. Once the
// context has ended it leaves all of them to run, which skips them.
func (e *execution) release(items []int32, held func(int32) bool) []int32 {
	if e.result.Skipped.Count > 0 {
		return items
	}
	return slices.DeleteFunc(items, func(i int32) bool {
		if held(i) {
			e.result.Held.add(&e.plan.Verdicts[i])
		}
		return held(i)
	})
}
