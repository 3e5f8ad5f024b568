package cacheclient

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/go-github/v92/github"
)

// OldestRun returns when the oldest workflow run that is not finished was created, or
// asked if there is none. Asked, which an error leaves valid, is when the question was
// put: by this clock or the service's, whichever is behind, and a minute less, so that
// nothing dated before it has come later.
func (c *Client) OldestRun(ctx context.Context) (oldest, asked time.Time, err error) {
	begun := c.clock.now()
	var created []time.Time
	// In the order in which a run goes through them, so that none slips by.
	for _, status := range []string{"requested", "waiting", "pending", "queued", "in_progress"} {
		run, err := c.oldestRun(ctx, status)
		if err != nil {
			return time.Time{}, c.clock.at(begun), c.explain(err, "actions: read", "listing the runs of %s that are %s", c.target, status)
		}
		if !run.IsZero() {
			created = append(created, run)
		}
	}
	asked = c.clock.at(begun)
	return slices.MinFunc(append(created, asked), time.Time.Compare), asked, nil
}

// maxRuns is how many runs GitHub shows when it is asked for a status.
const maxRuns = 1000

// oldestRun reads the first page and, as the newest come first, the last ones. It
// returns zero if there is no such run.
func (c *Client) oldestRun(ctx context.Context, status string) (oldest time.Time, err error) {
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
			if created := run.GetCreatedAt().Time; oldest.IsZero() || created.Before(oldest) {
				oldest = created
			}
		}
		opts.Page = max(resp.LastPage, resp.NextPage) // later pages may have come up meanwhile
	}
	return oldest, nil
}
