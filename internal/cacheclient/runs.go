package cacheclient

import (
	"context"
	"fmt"
	"time"

	"github.com/google/go-github/v92/github"
)

// OldestRun returns when the oldest workflow run that is queued or in progress was
// created, or now if there is none.
func (c *Client) OldestRun(ctx context.Context, now time.Time) (time.Time, error) {
	oldest := now
	for _, status := range []string{"queued", "in_progress"} {
		created, err := c.oldestRun(ctx, status, now)
		if err != nil {
			return time.Time{}, c.explain(err, "actions: read", "listing the runs of %s that are %s", c.target, status)
		}
		if created.Before(oldest) {
			oldest = created
		}
	}
	return oldest, nil
}

// maxRuns is how many runs GitHub shows when it is asked for a status.
const maxRuns = 1000

// oldestRun reads the first page and, as the newest come first, the last ones.
func (c *Client) oldestRun(ctx context.Context, status string, now time.Time) (time.Time, error) {
	oldest := now
	opts := &github.ListWorkflowRunsOptions{Status: status, ExcludePullRequests: true}
	opts.PerPage = perPage
	for opts.Page = 1; opts.Page != 0; {
		runs, resp, err := c.rest.Actions.ListRepositoryWorkflowRuns(ctx, c.target.Owner, c.target.Repo, opts)
		if err != nil {
			return time.Time{}, err
		}
		if runs.GetTotalCount() > maxRuns {
			return time.Time{}, fmt.Errorf("%d are too many to see the oldest", runs.GetTotalCount())
		}
		for _, run := range runs.WorkflowRuns {
			if created := run.GetCreatedAt().Time; created.Before(oldest) {
				oldest = created
			}
		}
		opts.Page = max(resp.LastPage, resp.NextPage) // later pages may have come up meanwhile
	}
	return oldest, nil
}
