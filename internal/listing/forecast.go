package listing

import (
	"context"
	"errors"
	"io/fs"
	"sync"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/reclaim"
)

// Forecast is a snapshot, and the plan that prune makes of it without options.
func (r *Repository) Forecast(ctx context.Context) (*Snapshot, *reclaim.Plan, error) {
	var (
		wait    sync.WaitGroup
		runs    bkcache.Runs
		unknown error
		asked   = r.Client.Now()
	)
	wait.Go(func() { runs, unknown = r.RunsOrNone(ctx, reclaim.DefaultGrace) })
	snap, err := r.Snapshot(ctx)
	wait.Wait()
	if err != nil {
		return nil, nil, err
	}
	if unknown != nil {
		r.Warn("workflow runs are unknown, so layers on open refs are at most likely unneeded", unknown)
	} else if runs.Asked.Before(asked) {
		asked = runs.Asked
	}
	return snap, reclaim.NewPlan(snap.Analysis, reclaim.Policy{Grace: reclaim.DefaultGrace, Runs: runs}, asked), nil
}

// RunsOrNone returns the workflow runs under way. A service that knows of no runs is not
// GitHub. Exports to it look up what they reference, because BuildKit can list GitHub's
// caches only. So what was not used for the grace nobody is about to reference.
func (r *Repository) RunsOrNone(ctx context.Context, grace time.Duration) (bkcache.Runs, error) {
	runs, err := r.Runs(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		return bkcache.Runs{Asked: r.Client.Now().Add(-grace)}, nil
	}
	return runs, err
}
