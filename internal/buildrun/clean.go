package buildrun

import (
	"context"
	"slices"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/listing"
	"github.com/docker-ghacache/docker-ghacache/internal/reclaim"
)

// cleaner is the service on which a build cleans up.
type cleaner struct {
	*listing.Repository
	exported exports
	reads    func(version int, e bkcache.Entry) bool // the indexes that a look reads
	began    time.Time                               // the build, by the clock of the service
}

// clean deletes and returns the versions of the indexes that a build superseded, and the layers that
// only they reference, as far as it is proven that no build needs them.
func (c *cleaner) clean(ctx context.Context, snap *listing.Snapshot, runs bkcache.Runs, began time.Time, now func() time.Time) (deleted []int64, err error) {
	if c.began = began; runs.Asked.IsZero() {
		runs.Asked = began
	}
	policy := reclaim.Policy{
		Scope:      func(scope string) bool { return slices.Contains(c.exported.scopes, scope) },
		Ref:        func(ref string) bool { return ref == c.exported.ref },
		Superseded: true,
		// What an earlier clean had to leave lies there without an index.
		Unreferenced: true,
		Grace:        reclaim.DefaultGrace,
		Runs:         runs,
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	plan := reclaim.NewPlan(snap.Analysis, policy, runs.Asked).Proven()
	result, err := plan.Execute(ctx, &listing.Gate{Service: c, Stop: stop}, now, func(p reclaim.Progress) {
		if p.Err == nil {
			deleted = append(deleted, p.ID)
		}
	})
	if err == nil && len(result.Failures) > 0 {
		err = result.Failures[0].Err
	}
	return deleted, err
}

// Look implements [reclaim.Service].
func (c *cleaner) Look(ctx context.Context) (*reclaim.Analysis, error) {
	snap, err := c.SnapshotWith(ctx, c.reads)
	if err != nil {
		return nil, err
	}
	return snap.Analysis, nil
}

// Runs implements [reclaim.Service]. A service without workflow runs is not GitHub. There
// it counts as one question, put when the build began: layers that were created or used
// since stay.
func (c *cleaner) Runs(ctx context.Context) (bkcache.Runs, error) {
	return c.RunsOr(ctx, c.began)
}
