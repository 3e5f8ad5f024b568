package cacheclient

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	names "github.com/docker-ghacache/docker-ghacache/internal/github"
	"github.com/google/go-github/v92/github"
	"golang.org/x/sync/errgroup"
)

func addPull(known bkcache.Refs, pull *github.PullRequest) {
	ref := names.Pull(pull.GetNumber())
	known.Bases[ref] = names.Branch(pull.GetBase().GetRef())
	if pull.GetState() != "closed" {
		return
	}
	known.Closed[ref] = fmt.Sprintf("pull request #%d is closed", pull.GetNumber())
	if pull.MergedAt != nil {
		known.Closed[ref] = fmt.Sprintf("pull request #%d is merged", pull.GetNumber())
	}
}

// pulls returns the open pull requests and those of the merge refs among refs.
func (c *Client) pulls(ctx context.Context, refs []string) ([]*github.PullRequest, error) {
	wanted := map[int]bool{}
	for _, ref := range refs {
		if number, ok := names.PullNumber(ref); ok {
			wanted[number] = true
		}
	}
	open, err := c.openPulls(ctx)
	if err != nil {
		return nil, c.explain(err, "pull-requests: read", "listing pull requests of %s", c.target)
	}
	for _, pull := range open {
		delete(wanted, pull.GetNumber())
	}
	others, err := c.otherPulls(ctx, wanted)
	return append(open, others...), c.explain(err, "pull-requests: read", "getting pull requests of %s", c.target)
}

// openPulls reads the first page, and then concurrently the pages that its links
// announce. It may miss pull requests that move between pages meanwhile.
func (c *Client) openPulls(ctx context.Context) ([]*github.PullRequest, error) {
	page := func(ctx context.Context, number int) ([]*github.PullRequest, *github.Response, error) {
		opts := &github.PullRequestListOptions{State: "open", Sort: "created", Direction: "asc"} // so that new ones do not move the others
		opts.Page, opts.PerPage = number, perPage
		return c.listPulls(ctx, opts)
	}
	first, resp, err := page(ctx, 1)
	if err != nil {
		return nil, err
	}
	rest := make([][]*github.PullRequest, max(resp.LastPage-1, 0))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for i := range rest {
		group.Go(func() (err error) {
			rest[i], _, err = page(ctx, i+2)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return slices.Concat(first, slices.Concat(rest...)), nil
}

func (c *Client) listPulls(ctx context.Context, opts *github.PullRequestListOptions) ([]*github.PullRequest, *github.Response, error) {
	return c.rest.PullRequests.List(ctx, c.target.Owner, c.target.Repo, opts)
}

// otherPulls finds pull requests that are not known to be open. Caches live for
// days, so their pull requests are among those closed last. It reads these page by
// page, as long as a page finds any, and asks for the rest one by one.
func (c *Client) otherPulls(ctx context.Context, wanted map[int]bool) (found []*github.PullRequest, err error) {
	opts := &github.PullRequestListOptions{State: "closed", Sort: "updated", Direction: "desc"}
	opts.PerPage = perPage
	for opts.Page = 1; len(wanted) > 0; opts.Page++ {
		pulls, resp, err := c.listPulls(ctx, opts)
		if err != nil {
			return nil, err
		}
		before := len(found)
		for _, pull := range pulls {
			if wanted[pull.GetNumber()] {
				found = append(found, pull)
				delete(wanted, pull.GetNumber())
			}
		}
		if len(found) == before || resp.NextPage == 0 {
			break
		}
	}
	rest, err := c.eachPull(ctx, wanted)
	return append(found, rest...), err
}

func (c *Client) eachPull(ctx context.Context, numbers map[int]bool) (found []*github.PullRequest, err error) {
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for number := range numbers {
		group.Go(func() error {
			pull, _, err := c.rest.PullRequests.Get(ctx, c.target.Owner, c.target.Repo, number)
			if status(err) == http.StatusNotFound {
				return nil // GitHub hides it; that does not prove that it is closed
			}
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			found = append(found, pull)
			return nil
		})
	}
	return found, group.Wait()
}
