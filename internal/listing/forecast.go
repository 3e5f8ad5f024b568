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
	wait.Go(func() { runs, unknown = r.RunsOr(ctx, r.Client.Now().Add(-reclaim.DefaultGrace)) })
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

// RunsOr returns the workflow runs under way. A service that knows of no runs is not
// GitHub. Exports to it look up what they reference, because BuildKit can list GitHub's
// caches only. So nobody is about to reference what was not used for a while: it counts
// as asked at that time.
func (r *Repository) RunsOr(ctx context.Context, asked time.Time) (bkcache.Runs, error) {
	runs, err := r.Runs(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		return bkcache.Runs{Asked: asked}, nil
	}
	return runs, err
}
