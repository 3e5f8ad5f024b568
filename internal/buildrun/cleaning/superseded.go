package cleaning

import (
	"context"
	"slices"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/listing"
	"github.com/docker-ghacache/docker-ghacache/internal/reclaim"
)

// Exports are what a build writes to the job's own cache.
type Exports struct {
	Scopes []string
	Ref    string // that BuildKit writes to
}

// Holds reports whether an entry is an index that the build has written, or a version of it.
func (e Exports) Holds(entry bkcache.Entry) bool {
	key := bkcache.ParseKey(entry.Key, entry.Version)
	return key.Kind == bkcache.KindIndex && entry.Ref == e.Ref && slices.Contains(e.Scopes, key.Scope)
}

// Build is a build that has exported.
type Build struct {
	Exported Exports
	Started  time.Time // by the clock of this machine
	// OldestOther returns when the oldest other build of this machine started that is under
	// way, by the clock of this machine; zero if there is none.
	OldestOther func() time.Time
}

// cleaner is the service on which a build cleans up.
type cleaner struct {
	*listing.Repository
	Build
	began time.Time // the build, by the clock of the service
}

// Clean deletes and returns the versions of the indexes that a build superseded, and the layers that
// only they reference, as far as it is proven that no build needs them. The build began at a time
// by the clock of the service.
func (b Build) Clean(ctx context.Context, repo *listing.Repository, snap *listing.Snapshot, runs bkcache.Runs, began time.Time, now func() time.Time) (deleted []int64, err error) {
	c := &cleaner{repo, b, began}
	runs = c.careful(runs)
	policy := reclaim.Policy{
		Scope:      func(scope string) bool { return slices.Contains(b.Exported.Scopes, scope) },
		Ref:        func(ref string) bool { return ref == b.Exported.Ref },
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
	if other := c.OldestOther(); !other.IsZero() && other.Before(c.Started) {
		oldest = oldest.Add(-c.Started.Sub(other)) // by the clock of the service
	}
	if runs.Asked.IsZero() || oldest.Before(runs.Asked) {
		runs.Asked = oldest
	}
	return runs
}
