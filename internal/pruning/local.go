package pruning

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/listing"
	"github.com/docker-ghacache/docker-ghacache/internal/localcache"
	"github.com/docker-ghacache/docker-ghacache/internal/reclaim"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
)

// localDir is where a local cache is.
type localDir string

// String implements [fmt.Stringer].
func (d localDir) String() string { return string(d) }

// Local is [Prune.Run] for the folder of the options.
func Local(ctx context.Context, console ui.Console, o Options, now time.Time) (complete bool, err error) {
	policy, err := o.localPolicy()
	if err != nil {
		return false, err
	}
	report, err := newReport(console, o)
	if err != nil {
		return false, err
	}
	report.target = localDir(o.Local)
	report.policy = reclaim.Policy{KeepStorage: policy.KeepStorage, Likely: true} // nothing is no more than likely
	layout, err := localcache.Read(o.Local)
	if err != nil {
		return false, err
	}
	plan := localcache.NewPlan(layout, policy, now)
	report.chosen(plan, plan.Left)
	if err := report.show(); err != nil {
		return false, err
	}
	layout.NoteUnread(func(text, fix string) { console.Notes.Note(ui.Warning, text, fix) }, listing.EveryCache)
	o.noteYoung(console.Notes, plan)
	if o.DryRun || !report.asks() && !layout.Interrupted() {
		return report.finish(reclaim.Result{}, nil)
	}
	if report.asks() {
		answer, err := report.confirm(ctx)
		if err != nil {
			return false, err
		}
		if answer == no {
			return report.finish(reclaim.Result{}, nil)
		}
	}
	return o.executeLocal(ctx, plan, report)
}

// noteYoung says what stays because it is young, and how it goes.
func (o Options) noteYoung(notes ui.Notes, plan *localcache.Plan) {
	if young := plan.Young(); young > 0 && !o.JSON {
		notes.Note(ui.Info, fmt.Sprintf("nothing is deleted, because a build may be exporting: no manifest references %s younger than %s", ui.Entries(young), o.Grace),
			o.command()+" --grace 0s   # if no build is exporting to it")
	}
}

func (o Options) executeLocal(ctx context.Context, plan *localcache.Plan, report *report) (complete bool, err error) {
	presence := localcache.Enter(ctx, o.Local)
	defer presence.Leave()
	alone, err := presence.Alone()
	if err != nil {
		return false, err
	}
	if !alone {
		return false, hint.With(errors.New("nothing was deleted: a build uses "+o.Local), o.command()+"   # after the build")
	}
	result, err := plan.Execute(ctx)
	progress := report.progress()
	for i, failure := range result.Failures {
		progress(reclaim.Progress{Verdict: failure.Verdict, Err: failure.Err, Done: i + 1})
	}
	return report.finish(result, err)
}
