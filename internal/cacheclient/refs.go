package cacheclient

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/google/go-github/v92/github"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	names "github.com/docker-ghacache/docker-ghacache/internal/github"
)

// Refs asks GitHub about refs, with as few requests as possible. It returns what it
// learned, along with the errors of what it could not learn: the token of a job
// often lacks `contents: read` or `pull-requests: read`.
//
// A ref is closed only if GitHub says so. A pull request must be shown as closed. A
// branch or tag must be missing from a complete listing of refs with the same
// prefix, and for a branch all open pull requests must be listed, because one may
// be based on it. A failed request or an incomplete page closes nothing.
func (c *Client) Refs(ctx context.Context, refs []string) (bkcache.Refs, error) {
	known := bkcache.Refs{Closed: map[string]string{}, Bases: map[string]string{}}
	var pulls []*github.PullRequest
	var branches, tags []string
	var errs [4]error
	var wait sync.WaitGroup
	wait.Go(func() { known.Default, errs[0] = c.DefaultBranch(ctx) })
	wait.Go(func() { pulls, errs[1] = c.pulls(ctx, refs) })
	wait.Go(func() { branches, errs[2] = c.deleted(ctx, refs, "refs/heads/") })
	wait.Go(func() { tags, errs[3] = c.deleted(ctx, refs, "refs/tags/") })
	wait.Wait()
	for _, pull := range pulls {
		addPull(known, pull)
	}
	if errs[1] == nil {
		markClosed(known, branches, "the branch is deleted")
	}
	markClosed(known, tags, "the tag is deleted")
	return known, errors.Join(errs[:]...)
}

func markClosed(known bkcache.Refs, refs []string, reason string) {
	for _, ref := range refs {
		known.Closed[ref] = reason
	}
}

// DefaultBranch returns the full ref of the default branch, such as refs/heads/main.
func (c *Client) DefaultBranch(ctx context.Context) (string, error) {
	repo, _, err := c.rest.Repositories.Get(ctx, c.target.Owner, c.target.Repo)
	if err != nil {
		return "", c.explain(err, "metadata: read", "getting the default branch of %s", c.target)
	}
	if repo.GetDefaultBranch() == "" {
		return "", errors.New("GitHub reports no default branch of " + c.target.String())
	}
	return names.Branch(repo.GetDefaultBranch()), nil
}

// deleted returns the refs that begin with kind and do not exist.
func (c *Client) deleted(ctx context.Context, refs []string, kind string) ([]string, error) {
	wanted := map[string]bool{}
	for _, ref := range refs {
		if strings.HasPrefix(ref, kind) {
			wanted[ref] = true
		}
	}
	return c.missing(ctx, slices.Sorted(maps.Keys(wanted)))
}

// missing returns the refs that do not exist. The refs are sorted. One listing of
// their common prefix answers that, unless GitHub returns it in pages, which could
// miss refs that move between them. Then missing asks for each half, and in the end
// for each ref alone.
func (c *Client) missing(ctx context.Context, refs []string) ([]string, error) {
	if len(refs) == 0 {
		return nil, nil
	}
	existing, whole, err := c.matchingRefs(ctx, commonPrefix(refs))
	if err != nil {
		return nil, c.explain(err, "contents: read", "listing branches and tags of %s", c.target)
	}
	if whole {
		gone := slices.DeleteFunc(refs, func(ref string) bool { return existing[ref] })
		if err := c.confirm(ctx, gone); err != nil {
			return nil, err
		}
		return gone, nil
	}
	if len(refs) == 1 {
		return nil, nil
	}
	half := len(refs) / 2
	left, err := c.missing(ctx, refs[:half:half])
	if err != nil {
		return nil, err
	}
	right, err := c.missing(ctx, refs[half:])
	return slices.Concat(left, right), err
}

// confirm asks for one of the refs by its whole name. A listing that misses an
// existing ref would make garbage of its caches.
func (c *Client) confirm(ctx context.Context, gone []string) error {
	if len(gone) == 0 {
		return nil
	}
	ref := gone[0]
	existing, _, err := c.matchingRefs(ctx, ref)
	if err != nil {
		return c.explain(err, "contents: read", "looking for %s of %s", ref, c.target)
	}
	if existing[ref] {
		return fmt.Errorf("GitHub's listing of refs misses %s, which exists", ref)
	}
	return nil
}

// commonPrefix does not cut a character in half.
func commonPrefix(sorted []string) string {
	first, last := sorted[0], sorted[len(sorted)-1]
	n := 0
	for n < min(len(first), len(last)) && first[n] == last[n] {
		n++
	}
	for n < len(first) && !utf8.RuneStart(first[n]) {
		n--
	}
	return first[:n]
}

// matchingRefs lists the refs that begin with prefix, and reports whether the list
// is complete. GitHub documents no pages for this listing.
func (c *Client) matchingRefs(ctx context.Context, prefix string) (refs map[string]bool, whole bool, err error) {
	var list []github.Reference
	path := "git/matching-refs/" + strings.TrimPrefix(prefix, "refs/")
	resp, err := c.get(ctx, path, url.Values{"per_page": {strconv.Itoa(perPage)}}, &list)
	if err != nil {
		return nil, false, err
	}
	refs = map[string]bool{}
	for _, ref := range list {
		refs[ref.GetRef()] = true
	}
	return refs, resp.NextPage == 0, nil
}
