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
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/reclaim"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
	"github.com/docker-ghacache/docker-ghacache/internal/view"
)

// afterTime bounds what is done after a build.
const afterTime = 30 * time.Second

// exports are what a build writes to the job's own cache.
type exports struct {
	scopes []string
	ref    string // that BuildKit writes to
}

// holds reports whether an entry is an index that the build has written, or a version of it.
func (e exports) holds(entry bkcache.Entry) bool {
	key := bkcache.ParseKey(entry.Key, entry.Version)
	return key.Kind == bkcache.KindIndex && entry.Ref == e.ref && slices.Contains(e.scopes, key.Scope)
}

// exportsOf finds the entries that go to the cache of the job, with its token.
func (inv *invocation) exportsOf(requests []cacheopts.Request, done []cacheopts.Completed) exports {
	job := inv.env.job()
	token, err := actions.DecodeToken(job.Token)
	if err != nil {
		return exports{}
	}
	e := exports{ref: token.WriteRef()}
	for i, c := range done {
		own := requests[i].Entry.Attrs["token"]
		here := strings.TrimSuffix(c.URL, "/") == strings.TrimSuffix(job.ServiceURL(), "/")
		if c.Dropped || requests[i].Side != cacheopts.To || !here || own != "" && own != job.Token {
			continue
		}
		if scope := c.Entry.Scope(); !slices.Contains(e.scopes, scope) {
			e.scopes = append(e.scopes, scope)
		}
	}
	return e
}

// after cleans up after a build that began at a time, and says what it wrote. The build
// has succeeded: nothing here changes its exit code.
func (inv *invocation) after(ctx context.Context, began time.Time) {
	wanted := inv.wantsSummary()
	if len(inv.exported.scopes) == 0 || !wanted && !inv.own.clean {
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
		return version < reclaim.CurrentVersions || inv.own.clean && inv.exported.holds(e)
	}
	c := &cleaner{Repository: repo, exported: inv.exported, oldestOther: inv.oldestOther, started: began}
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
	summary := view.NewExported(snap.Analysis, inv.exported.scopes, inv.exported.ref, took, repo.Client.Now())
	if inv.own.clean && len(summary.Scopes) > 0 {
		deleted, err := c.clean(ctx, snap, runs, summary.Began, inv.env.Now)
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
	summary.Usage = view.Measure(unjudged(snap.Items), limits)
	return inv.summarize(summary)
}
