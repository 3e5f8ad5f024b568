package listing

import (
	"context"
	"errors"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheclient"
	"github.com/docker-ghacache/docker-ghacache/internal/reclaim"
)

var _ reclaim.Service = (*Repository)(nil)

// Delete implements [reclaim.Service].
func (r *Repository) Delete(ctx context.Context, id int64, before time.Time) error {
	if before.IsZero() {
		return r.Client.Delete(ctx, id)
	}
	err := r.Client.DeleteBy(ctx, id, before)
	if errors.Is(err, cacheclient.ErrLate) {
		return reclaim.ErrLate
	}
	return err
}

// Look implements [reclaim.Service].
func (r *Repository) Look(ctx context.Context) (*reclaim.Analysis, error) {
	s, err := r.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	return s.Analysis, nil
}

// Glance implements [reclaim.Service].
func (r *Repository) Glance(ctx context.Context, blobs []bkcache.Entry, since time.Time) (reclaim.Glance, error) {
	indexes, used, err := r.Client.Recent(ctx, blobs, since)
	return reclaim.Glance{Used: used, Indexes: indexes}, err
}

// Runs implements [reclaim.Service]. The run that this process is part of counts only
// while another of its jobs is in progress.
func (r *Repository) Runs(ctx context.Context) (bkcache.Runs, error) {
	return r.Client.Runs(ctx, r.opts.Job.RunID)
}
