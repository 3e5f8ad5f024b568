package buildrun

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
	"github.com/docker-ghacache/docker-ghacache/internal/actions"
	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/buildrun/cleaning"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/reclaim"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
	"github.com/docker-ghacache/docker-ghacache/internal/view"
)

// afterTime bounds what is done after a build.
const afterTime = 30 * time.Second

// exportsOf finds the entries that go to the cache of the job, with its token.
func (inv *invocation) exportsOf(requests []cacheopts.Request, done []cacheopts.Completed) cleaning.Exports {
	job := inv.env.job()
	token, err := actions.DecodeToken(job.Token)
	if err != nil {
		return cleaning.Exports{}
	}
	e := cleaning.Exports{Ref: token.WriteRef()}
	for i, c := range done {
		own := requests[i].Entry.Attrs["token"]
		here := strings.TrimSuffix(c.URL, "/") == strings.TrimSuffix(job.ServiceURL(), "/")
		if c.Dropped || requests[i].Side != cacheopts.To || !here || own != "" && own != job.Token {
			continue
		}
		if scope := c.Entry.Scope(); !slices.Contains(e.Scopes, scope) {
			e.Scopes = append(e.Scopes, scope)
		}
	}
	return e
}

// after cleans up after a build that began at a time, and says what it wrote. The build
// has succeeded: nothing here changes its exit code.
func (inv *invocation) after(ctx context.Context, began time.Time) {
	wanted := inv.wantsSummary()
	if len(inv.exported.Scopes) == 0 || !wanted && !inv.own.clean {
		return
	}
	inv.quiet = !inv.own.clean && inv.own.summary != summaryOn
	ctx, cancel := context.WithTimeoutCause(ctx, afterTime, fmt.Errorf("it took more than %s", afterTime))
	defer cancel()
	if err := inv.review(ctx, began, wanted); err != nil {
		inv.say(ui.Warning, fmt.Sprintf("the build succeeded; looking at its cache afterwards failed: %v", err), hint.Of(err))
	}
}

// unjudged are entries of which nothing is to be decided.
func unjudged(items []reclaim.Item) []reclaim.Verdict {
	verdicts := make([]reclaim.Verdict, len(items))
	for i := range items {
		verdicts[i].Item = &items[i]
	}
	return verdicts
}

// review looks at the cache, cleans it and reports.
func (inv *invocation) review(ctx context.Context, began time.Time, wanted bool) error {
	took := inv.env.Now().Sub(began)
	repo, err := inv.repository()
	if err != nil {
		return err
	}
	if repo.Runtime == nil {
		return errors.New("GITHUB_REPOSITORY does not tell the repository of this job")
	}
	repo.Reads = func(version int, e bkcache.Entry) bool {
		return version < reclaim.CurrentVersions || inv.own.clean && inv.exported.Holds(e)
	}
	var runs bkcache.Runs
	if inv.own.clean {
		if runs, err = repo.RunsOr(ctx, time.Time{}); err != nil {
			return err
		}
	}
	snap, err := repo.Snapshot(ctx)
	if err != nil {
		return err
	}
	summary := view.NewExported(snap.Analysis, inv.exported.Scopes, inv.exported.Ref, took, repo.Client.Now())
	if inv.own.clean && len(summary.Scopes) > 0 {
		build := cleaning.Build{Exported: inv.exported, Started: began, OldestOther: inv.oldestOther}
		deleted, err := build.Clean(ctx, repo, snap, runs, summary.Began, inv.env.Now)
		snap.Items = summary.Delete(snap.Items, deleted)
		if err != nil {
			inv.say(ui.Warning, fmt.Sprintf("--gha-clean did not delete all that this build superseded: %v", err), hint.Of(err))
		}
	}
	if !wanted {
		return nil
	}
	limits, err := repo.Client.Limits(ctx)
	if err != nil {
		return err
	}
	summary.Usage, summary.Relay = view.Measure(unjudged(snap.Items), limits), inv.relay.did
	return inv.summarize(summary)
}

// cleanLocals deletes what the exports of a build that has succeeded replaced. Nothing
// here changes its exit code.
func (inv *invocation) cleanLocals(ctx context.Context) {
	if !inv.own.localClean {
		return
	}
	ctx, cancel := context.WithTimeoutCause(ctx, afterTime, fmt.Errorf("it took more than %s", afterTime))
	defer cancel()
	inv.locals.Clean(ctx, inv.env.Now, inv.noteLocal)
}

func (inv *invocation) noteLocal(level ui.Level, text, fix string) {
	if level != ui.Info || !inv.silent() {
		inv.note(cacheopts.Note{Level: cacheopts.Level(level), Text: text, Hint: fix})
	}
}
