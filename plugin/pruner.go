package plugin

import (
	"context"
	"fmt"
	"slices"

	"github.com/docker-ghacache/docker-ghacache/internal/listing"
	"github.com/docker-ghacache/docker-ghacache/internal/reclaim"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
)

// pruner makes plans for a repository.
type pruner struct {
	*listing.Repository
	env    *Env
	policy reclaim.Policy
	likely bool // delete what is likely, too
}

// plan takes a listing and all that has to be known about it.
func (p pruner) plan(ctx context.Context) (*reclaim.Plan, error) {
	var err error
	p.policy.Runs, err = p.Runs(ctx)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil {
		p.Warn(fmt.Sprintf("workflow runs are unknown, so entries used within %s are kept", p.policy.Grace), err)
	}
	asked := p.policy.Runs.Asked
	switch {
	case p.policy.Grace == 0:
		asked = p.env.Now() // who wants nothing protected means this minute, too
	case asked.IsZero():
		asked = p.Client.Now()
	}
	snap, err := p.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	plan := reclaim.NewPlan(snap.Analysis, p.policy, asked)
	if slices.ContainsFunc(plan.Verdicts, func(v reclaim.Verdict) bool { return v.Decision == reclaim.Unclear }) {
		p.NoteUnread(snap, listing.EveryCache)
	}
	if p.likely {
		return plan, nil
	}
	p.noteLikely(plan)
	return plan.Proven(), nil
}

// noteLikely says how much more there is to delete.
func (p pruner) noteLikely(plan *reclaim.Plan) {
	var likely reclaim.Tally
	for v := range plan.Deletions() {
		if v.Class == reclaim.Likely {
			likely.Count++
			likely.Bytes += v.Size
		}
	}
	if likely.Count > 0 {
		p.Note(fmt.Sprintf("a build under way could need %s with %s, which are kept", ui.Entries(likely.Count), ui.Size(likely.Bytes)),
			"docker ghacache prune --likely   # if a build needs one after all, the next one runs a step again")
	}
}
