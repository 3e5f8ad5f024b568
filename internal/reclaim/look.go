package reclaim

import (
	"cmp"
	"context"
	"slices"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
)

// Service is the cache that a plan is executed on.
type Service interface {
	// Delete deletes an entry. The error is [io/fs.ErrNotExist] if there is none; that
	// is a success once the entry is not listed either, because GitHub says the same of
	// what a token may not see.
	Delete(ctx context.Context, id int64) error
	// Look lists the cache and reads its indexes, as they are now.
	Look(ctx context.Context) (*Analysis, error)
}

// perLook is how many blobs go between two looks: about what GitHub lets delete in a
// minute. Of a listing with so many pages that they cost more than a tenth of these
// deletions, more blobs go.
func perLook(listed int) int { return max(150, listed/50) }

// runBlobs tries the items, each batch held against a fresh look: deleting takes
// minutes, and an export that found a blob meanwhile is about to name it.
func (e *execution) runBlobs(ctx context.Context, items []int32) {
	for len(items) > 0 {
		fresh := e.look(ctx)
		if fresh == nil {
			e.run(ctx, items) // which skips them
			return
		}
		n := min(len(items), perLook(len(fresh.Items)))
		e.run(ctx, e.stillFree(fresh, items[:n:n]))
		items = items[n:]
	}
}

// stillFree returns the items that no build has looked up since the plan was made and
// that no index can name by now, and counts the others.
func (e *execution) stillFree(fresh *Analysis, items []int32) []int32 {
	needs := e.plan.needs(fresh)
	return slices.DeleteFunc(slices.Clone(items), func(i int32) bool {
		v := &e.plan.Verdicts[i]
		at, listed := fresh.find(v.ID)
		if !listed || v.Key.Kind == bkcache.KindOther {
			return false
		}
		needed := fresh.Items[at].Used.After(v.Used) || needs(int32(at), v)
		if needed {
			e.result.Needed.add(v)
		}
		return needed
	})
}

// look returns a look since the last deletion. If that fails it stops the execution
// and returns nil.
func (e *execution) look(ctx context.Context) *Analysis {
	if e.fresh != nil {
		return e.fresh
	}
	fresh, err := e.service.Look(ctx)
	if err != nil || ctx.Err() != nil {
		e.stop(err)
		return nil
	}
	e.fresh = fresh
	return fresh
}

// missing is an item that the service says it does not have.
type missing struct {
	item int32
	err  error
}

func (e *execution) doubt(i int32, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.missing = append(e.missing, missing{i, err})
}

// settle holds what is missing against a look.
func (e *execution) settle(ctx context.Context) {
	if len(e.missing) == 0 {
		return
	}
	fresh := e.look(ctx)
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
