package pruning

import (
	"context"
	"fmt"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/listing"
	"github.com/docker-ghacache/docker-ghacache/internal/reclaim"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
)

// Prune is one run of prune.
type Prune struct {
	selection selection
	report    *report
	now       func() time.Time
}

// New reads what was asked for. It fails if nobody can be asked for confirmation.
func New(console ui.Console, o Options, now func() time.Time) (*Prune, error) {
	selection, err := o.selection(now())
	if err != nil {
		return nil, err
	}
	report, err := newReport(console, o)
	if err != nil {
		return nil, err
	}
	return &Prune{selection, report, now}, nil
}

// Run plans, asks and deletes. Complete says that nothing of the plan is left to delete.
func (p *Prune) Run(ctx context.Context, repo *listing.Repository) (complete bool, err error) {
	p.report.target = repo.Client.Target()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	on := &pruner{Repository: repo, selection: p.selection, now: p.now, notes: p.report.Notes}
	repo.Reads = on.reads
	plan, err := agree(ctx, on, p.report)
	if err != nil {
		return false, err
	}
	if plan == nil {
		return p.report.finish(reclaim.Result{}, nil)
	}
	return p.report.finish(plan.Execute(ctx, &listing.Gate{Service: on, Stop: stop}, p.now, p.report.progress()))
}

// maxPlans is how often a plan is made anew because a build came between.
const maxPlans = 10

// agree returns the plan to execute, or none.
func agree(ctx context.Context, p *pruner, report *report) (*reclaim.Plan, error) {
	plan, err := p.plan(ctx)
	if err != nil {
		return nil, err
	}
	p.noteMatches()
	p.noteKept(plan)
	for range maxPlans {
		if err := report.plan(plan, p.policy); err != nil {
			return nil, err
		}
		if report.opts.DryRun || !report.asks() {
			return nil, nil
		}
		answer, err := report.confirm(ctx)
		if answer == no || err != nil {
			return nil, err
		}
		p.policy.Likely = answer == yesLikely
		fresh, err := p.plan(ctx)
		if err != nil {
			return nil, err
		}
		chosen, agreed := choose(fresh, p.policy), choose(plan, p.policy)
		report.chosen(chosen, chosen.Left)
		// A build may have exported since; then the plan rests on what is no more.
		if fresh.Heads == plan.Heads && covers(agreed, chosen) {
			return chosen, nil
		}
		p.notes.Note(ui.Warning, "the cache has changed meanwhile; planning again", "")
		plan = fresh
	}
	return nil, hint.With(fmt.Errorf("the cache kept changing; gave up after %d plans", maxPlans), "run it again when fewer builds are running")
}

// choose leaves out what is no more than likely, unless that was asked for.
func choose(plan *reclaim.Plan, policy reclaim.Policy) *reclaim.Plan {
	if policy.Likely {
		return plan
	}
	return plan.Proven()
}

// covers reports whether a plan that was agreed to deletes all that another one does.
func covers(agreed, other *reclaim.Plan) bool {
	ids := map[int64]bool{}
	for v := range agreed.Deletions() {
		ids[v.ID] = true
	}
	for v := range other.Deletions() {
		if !ids[v.ID] {
			return false
		}
	}
	return true
}
