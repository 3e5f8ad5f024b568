package plugin

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
	"github.com/docker/go-units"
	"github.com/spf13/cobra"
)

// localDir is where a local cache is.
type localDir string

// String implements [fmt.Stringer].
func (d localDir) String() string { return string(d) }

// command is the command that continues what was interrupted.
func (o pruneOptions) command() string {
	if o.local != "" {
		return "docker ghacache prune --local " + hint.Word(o.local)
	}
	return "docker ghacache prune"
}

func runPruneLocal(cmd *cobra.Command, env *Env, o pruneOptions) error {
	if err := checkLocal(cmd, "keep-tags", "keep-storage", "max-used-space", "grace", "dry-run", "force", "format"); err != nil {
		return err
	}
	if !cmd.Flags().Changed("grace") {
		o.grace = localcache.DefaultGrace
	}
	policy, err := o.localPolicy()
	if err != nil {
		return err
	}
	report, err := env.pruneReport(o)
	if err != nil {
		return err
	}
	report.target = localDir(o.local)
	report.policy = reclaim.Policy{KeepStorage: policy.KeepStorage, Likely: true} // nothing is no more than likely
	now := env.Now()
	layout, err := localcache.Read(o.local)
	if err != nil {
		return err
	}
	plan := localcache.NewPlan(layout, policy, now)
	report.chosen(plan, plan.Left)
	if err := report.show(); err != nil {
		return err
	}
	env.noteUnreadTags(layout.Analysis, listing.EveryCache)
	o.noteYoung(env, plan)
	if o.dryRun || !report.asks() && !layout.Interrupted() {
		return report.finish(reclaim.Result{}, nil)
	}
	if report.asks() {
		answer, err := report.confirm(cmd.Context())
		if err != nil {
			return err
		}
		if answer == no {
			return report.finish(reclaim.Result{}, nil)
		}
	}
	return o.executeLocal(cmd.Context(), plan, report)
}

func (o pruneOptions) localPolicy() (localcache.Policy, error) {
	policy := localcache.Policy{Grace: o.grace}
	if o.grace < 0 {
		return policy, usage(fmt.Errorf("--grace %s is negative", o.grace), "")
	}
	if _, err := listing.NewSelector(o.keepTags, nil, nil, time.Time{}); err != nil {
		return policy, usage(err, "--keep-tags main --keep-tags 'release-*'")
	}
	if len(o.keepTags) > 0 {
		policy.KeepTag = func(tag string) bool { return listing.Match(o.keepTags, tag) }
	}
	var err error
	policy.KeepStorage, err = o.keepBytes()
	return policy, err
}

// noteYoung says what stays because it is young, and how it goes.
func (o pruneOptions) noteYoung(env *Env, plan *localcache.Plan) {
	if young := plan.Young(); young > 0 && o.format != "json" {
		env.notes().Note(ui.Info, fmt.Sprintf("nothing is deleted, because a build may be exporting: no manifest references %s younger than %s", ui.Entries(young), o.grace),
			o.command()+" --grace 0s   # if no build is exporting to it")
	}
}

// keepBytes reads --keep-storage; 0 if it is not given.
func (o pruneOptions) keepBytes() (int64, error) {
	if o.keepStorage == "" {
		return 0, nil
	}
	bytes, err := units.RAMInBytes(o.keepStorage)
	if err != nil || bytes <= 0 {
		return 0, usage(fmt.Errorf("%q is not a size", o.keepStorage), "--keep-storage 8GB")
	}
	return bytes, nil
}

func (o pruneOptions) executeLocal(ctx context.Context, plan *localcache.Plan, report *pruneReport) error {
	presence := localcache.Enter(ctx, o.local)
	defer presence.Leave()
	alone, err := presence.Alone()
	if err != nil {
		return err
	}
	if !alone {
		return hint.With(errors.New("nothing was deleted: a build uses "+o.local), o.command()+"   # after the build")
	}
	result, err := plan.Execute(ctx)
	progress := report.progress()
	for i, failure := range result.Failures {
		progress(reclaim.Progress{Verdict: failure.Verdict, Err: failure.Err, Done: i + 1})
	}
	return report.finish(result, err)
}
