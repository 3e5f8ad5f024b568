package cacheclient

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/google/go-github/v92/github"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	names "github.com/docker-ghacache/docker-ghacache/internal/github"
)

// maxRun is after what time GitHub cancels a run
// (https://docs.github.com/actions/reference/limits).
const maxRun = 35 * 24 * time.Hour

// Runs returns the workflow runs that have a job under way or are about to start one.
// Own is the run that this program is part of, 0 if none: it counts only while it has
// another job in progress. A run that waits for an approval counts only while it has a
// job in progress.
//
// Asked is when the question was put: by this clock or the service's, whichever is behind,
// and a minute less, so that nothing dated before it has come later.
func (c *Client) Runs(ctx context.Context, own int64) (bkcache.Runs, error) {
	begun := c.clock.now()
	found, err := c.unfinished(ctx)
	if err != nil {
		return bkcache.Runs{}, c.explain(err, "actions: read", "listing the runs of %s", c.target)
	}
	all := bkcache.Runs{Asked: c.clock.at(begun)}
	for _, run := range found {
		under, err := c.underWay(ctx, run, own, all.Asked)
		if err != nil {
			return bkcache.Runs{}, c.explain(err, "actions: read", "listing the jobs of run %d of %s", run.ID, c.target)
		}
		if under {
			all.Runs = append(all.Runs, run)
		}
	}
	slices.SortFunc(all.Runs, func(a, b bkcache.Run) int { return a.Began.Compare(b.Began) })
	return all, nil
}

// unfinished returns the runs that are not completed, by ID. Those in progress are asked
// for at the end as well: a run may have begun while its former status was asked for.
func (c *Client) unfinished(ctx context.Context) (map[int64]bkcache.Run, error) {
	statuses := []string{"in_progress", "queued", "pending", "waiting", "requested", "in_progress"}
	byStatus, errs := make([][]bkcache.Run, len(statuses)), make([]error, len(statuses))
	last := len(statuses) - 1
	var wait sync.WaitGroup
	for i, status := range statuses[:last] {
		wait.Go(func() { byStatus[i], errs[i] = c.runs(ctx, status) })
	}
	wait.Wait()
	err := cmp.Or(errs...)
	if err == nil {
		byStatus[last], err = c.runs(ctx, statuses[last])
	}
	found := map[int64]bkcache.Run{}
	for _, run := range slices.Concat(byStatus...) {
		found[run.ID] = run
	}
	return found, err
}

func (c *Client) underWay(ctx context.Context, run bkcache.Run, own int64, asked time.Time) (bool, error) {
	switch {
	case run.Began.Before(asked.Add(-maxRun)):
		return false, nil
	case run.ID != own && run.Status != "waiting":
		return true, nil
	}
	jobs, err := c.jobs(ctx, run.ID)
	if run.ID == own {
		jobs-- // this one
	}
	return jobs > 0, err
}

// jobs returns how many jobs of a run are in progress.
func (c *Client) jobs(ctx context.Context, run int64) (count int, err error) {
	opts := &github.ListWorkflowJobsOptions{Filter: "latest"}
	opts.PerPage = perPage
	for opts.Page = 1; opts.Page != 0; {
		jobs, resp, err := c.rest.Actions.ListWorkflowJobs(ctx, c.target.Owner, c.target.Repo, run, opts)
		if err != nil {
			return 0, err
		}
		for _, job := range jobs.Jobs {
			if job.GetStatus() == "in_progress" {
				count++
			}
		}
		opts.Page = resp.NextPage
	}
	return count, nil
}

// maxRuns is how many runs GitHub returns for one status.
const maxRuns = 1000

// runs returns the runs with a status. Of more than a page it returns the newest and the
// oldest ones, and all of them without their refs, so that they stand for those between.
func (c *Client) runs(ctx context.Context, status string) (found []bkcache.Run, err error) {
	opts := &github.ListWorkflowRunsOptions{Status: status}
	opts.PerPage = perPage
	for opts.Page = 1; opts.Page != 0; {
		runs, resp, err := c.rest.Actions.ListRepositoryWorkflowRuns(ctx, c.target.Owner, c.target.Repo, opts)
		if err != nil {
			return nil, err
		}
		if runs.GetTotalCount() > maxRuns {
			return nil, fmt.Errorf("GitHub shows the newest %d of %d only", maxRuns, runs.GetTotalCount())
		}
		for _, run := range runs.WorkflowRuns {
			found = append(found, runOf(run))
		}
		opts.Page = max(resp.LastPage, resp.NextPage) // the newest come first; later pages may have come up meanwhile
	}
	if len(found) > perPage {
		for i := range found {
			found[i].Refs = nil
		}
	}
	return found, nil
}

func runOf(run *github.WorkflowRun) bkcache.Run {
	began := run.GetRunStartedAt().Time // of the latest attempt
	if began.IsZero() {
		began = run.GetCreatedAt().Time
	}
	return bkcache.Run{ID: run.GetID(), Name: run.GetName(), Status: run.GetStatus(), Refs: refsOf(run), Began: began}
}

// refsOf returns the refs that GITHUB_REF of the run may be, as far as the event tells
// (https://docs.github.com/actions/reference/events-that-trigger-workflows). GitHub does
// not say whether a branch or a tag was pushed, nor the pull request of a fork.
func refsOf(run *github.WorkflowRun) (refs []string) {
	switch run.GetEvent() {
	case "push", "workflow_dispatch", "schedule", "merge_group":
		if name := run.GetHeadBranch(); name != "" {
			return []string{names.Branch(name), "refs/tags/" + name}
		}
	case "pull_request":
		for _, pull := range run.PullRequests {
			refs = append(refs, names.Pull(pull.GetNumber()))
		}
	}
	return refs
}
