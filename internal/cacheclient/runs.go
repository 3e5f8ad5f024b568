package cacheclient

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/go-github/v92/github"
)

// OldestRun returns when the oldest unfinished workflow run was created, or asked
// if there is none. Asked is the time of the question, and valid even with an
// error. It is taken from this machine's clock or the service's, whichever is
// behind, minus a minute, so that whatever the service dates before asked already
// existed.
func (c *Client) OldestRun(ctx context.Context) (oldest, asked time.Time, err error) {
	begun := c.clock.now()
	var created []time.Time
	// A run goes through the states in this order, so none is missed.
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

// maxRuns is how many runs GitHub returns for one status.
const maxRuns = 1000

// oldestRun reads the first page and the last ones, because the newest runs come
// first. It returns zero if there is no such run.
func (c *Client) oldestRun(ctx context.Context, status string) (oldest time.Time, err error) {
	opts := &github.ListWorkflowRunsOptions{Status: status, ExcludePullRequests: true}
	opts.PerPage = perPage
	for opts.Page = 1; opts.Page != 0; {
		runs, resp, err := c.rest.Actions.ListRepositoryWorkflowRuns(ctx, c.target.Owner, c.target.Repo, opts)
		if err != nil {
			return time.Time{}, err
		}
		if runs.GetTotalCount() > maxRuns {
			return time.Time{}, fmt.Errorf("GitHub shows the newest %d of %d only", maxRuns, runs.GetTotalCount())
		}
		for _, run := range runs.WorkflowRuns {
			if created := run.GetCreatedAt().Time; oldest.IsZero() || created.Before(oldest) {
				oldest = created
			}
		}
		opts.Page = max(resp.LastPage, resp.NextPage) // the number of pages may grow meanwhile
	}
	return oldest, nil
}
