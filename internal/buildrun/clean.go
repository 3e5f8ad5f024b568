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
	began    time.Time // the build, by the clock of the service
	started  time.Time // the build, by the clock of this machine
	// oldestOther is when the oldest other build of this machine started that is under
	// way, by the clock of this machine; zero if there is none.
	oldestOther func() time.Time
}

// clean deletes and returns the versions of the indexes that a build superseded, and the layers that
// only they reference, as far as it is proven that no build needs them.
func (c *cleaner) clean(ctx context.Context, snap *listing.Snapshot, runs bkcache.Runs, began time.Time, now func() time.Time) (deleted []int64, err error) {
	c.began = began
	runs = c.careful(runs)
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

// Runs implements [reclaim.Service].
func (c *cleaner) Runs(ctx context.Context) (bkcache.Runs, error) {
	runs, err := c.RunsOr(ctx, time.Time{})
	return c.careful(runs), err
}

// careful has the question for the runs put when the oldest build began that may still be
// exporting, at the latest: this one, or another one of this machine. GitHub does not list
// the builds of a job, and a service that is not GitHub lists no runs at all. There, other
// machines are not seen.
func (c *cleaner) careful(runs bkcache.Runs) bkcache.Runs {
	oldest := c.began
	if other := c.oldestOther(); !other.IsZero() && other.Before(c.started) {
		oldest = oldest.Add(-c.started.Sub(other)) // by the clock of the service
	}
	if runs.Asked.IsZero() || oldest.Before(runs.Asked) {
		runs.Asked = oldest
	}
	return runs
}
