package pruning

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/github"
	"github.com/docker-ghacache/docker-ghacache/internal/listing"
	"github.com/docker-ghacache/docker-ghacache/internal/reclaim"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
)

// pruner makes plans for a repository, and is what they are executed on.
type pruner struct {
	*listing.Repository
	selection
	now   func() time.Time
	notes ui.Notes
	last  *reclaim.Analysis // of the last plan
}

// Runs implements [reclaim.Service]. What the user selects on a service without workflow
// runs is the user's to judge.
func (p *pruner) Runs(ctx context.Context) (bkcache.Runs, error) {
	if p.policy.Grace == 0 || p.policy.Named() {
		return p.RunsOr(ctx, p.now())
	}
	return p.RunsOr(ctx, p.Client.Now().Add(-p.policy.Grace))
}

// plan takes a listing and all that has to be known about it.
func (p *pruner) plan(ctx context.Context) (*reclaim.Plan, error) {
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
		asked = p.now() // who wants nothing protected means this minute, too
	case asked.IsZero():
		asked = p.Client.Now()
	}
	snap, err := p.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	p.last = snap.Analysis
	plan := reclaim.NewPlan(snap.Analysis, p.policy, asked)
	if slices.ContainsFunc(plan.Verdicts, func(v reclaim.Verdict) bool { return v.Decision == reclaim.Unclear }) {
		p.NoteUnread(snap, listing.EveryCache)
	}
	p.noteRuns(plan)
	return plan, nil
}

func (p *pruner) noteMatches() { p.NoteMissed(p.choices(p.last)) }

// reads selects no index that goes anyway, because reading it would put its eviction off.
func (p *pruner) reads(version int, e bkcache.Entry) bool {
	since := p.Client.Now().Add(-p.policy.Grace)
	for _, run := range p.policy.Runs.Runs {
		if run.Began.Before(since) {
			since = run.Began
		}
	}
	return !p.deletes || version < p.policy.KeepVersions || e.Created.After(since)
}

// noteRuns names the workflow runs that keep layers.
func (p *pruner) noteRuns(plan *reclaim.Plan) {
	const few = 3
	keeps := slices.ContainsFunc(plan.Verdicts, func(v reclaim.Verdict) bool { return v.Doubt == reclaim.OnlyLikely })
	runs := p.policy.Runs.Runs
	if !keeps || p.policy.Likely || len(runs) == 0 {
		return
	}
	var names []string
	for _, run := range runs[:min(few, len(runs))] {
		name := fmt.Sprintf("%d %s", run.ID, run.Name)
		if len(run.Refs) > 0 {
			name += " on " + github.ShortRef(run.Refs[0])
		}
		names = append(names, name+" since "+run.Began.UTC().Format(time.RFC3339))
	}
	if len(runs) > few {
		names = append(names, fmt.Sprintf("and %d more", len(runs)-few))
	}
	p.notes.Note(ui.Info, "workflow runs under way can need layers that they see: "+strings.Join(names, ", "), "")
}
