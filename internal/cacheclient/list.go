package cacheclient

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"unique"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/google/go-github/v92/github"
	"golang.org/x/sync/errgroup"
)

// Filter selects entries at the service. The zero value selects all.
type Filter struct {
	Prefix string // of the key
	Ref    string // in full
}

// perPage is the largest page that GitHub returns.
const perPage = 100

// List returns the entries that the filter selects, oldest first. It misses no
// entry that exists from its beginning to its end, even if others are added or
// deleted meanwhile.
//
// GitHub numbers pages by position. If an entry is deleted, later entries move up,
// and one can move from a page that is not read yet to one that is. So pages read
// in any order count only if nothing moved; see [listing.complete].
func (c *Client) List(ctx context.Context, f Filter) ([]bkcache.Entry, error) {
	for range 2 {
		l, err := c.listAtOnce(ctx, f)
		if err != nil {
			return nil, err
		}
		if l.complete {
			return l.sorted(), nil
		}
	}
	return c.listBackwards(ctx, f)
}

// listing collects the entries of pages, each once.
type listing struct {
	entries  map[int64]bkcache.Entry
	complete bool
}

func (l *listing) add(pages ...page) {
	for _, p := range pages {
		for _, e := range p.entries {
			l.entries[e.ID] = e
		}
	}
}

func (l *listing) sorted() []bkcache.Entry {
	entries := make([]bkcache.Entry, 0, len(l.entries))
	for _, e := range l.entries {
		entries = append(entries, e)
	}
	slices.SortFunc(entries, older)
	return entries
}

// listAtOnce reads the newest page, then all pages concurrently, oldest first, so
// that new entries move none, and then the newest page again. If the entry that was
// newest still has its position, no entry before it was deleted.
func (c *Client) listAtOnce(ctx context.Context, f Filter) (listing, error) {
	l := listing{entries: map[int64]bkcache.Entry{}}
	first, err := c.newest(ctx, f)
	if err != nil {
		return l, err
	}
	l.add(first)
	if first.total <= len(first.entries) {
		l.complete = true
		return l, nil
	}
	if len(first.entries) == 0 {
		return l, nil
	}
	others, err := c.pagesAscending(ctx, f, (first.total-1)/perPage)
	if err != nil {
		return l, err
	}
	last, err := c.newest(ctx, f)
	if err != nil {
		return l, err
	}
	l.add(others...)
	l.add(last)
	marker := first.entries[0].ID
	added := slices.IndexFunc(last.entries, func(e bkcache.Entry) bool { return e.ID == marker })
	l.complete = added >= 0 && last.total == first.total+added && last.total == len(l.entries)
	return l, nil
}

func (c *Client) pagesAscending(ctx context.Context, f Filter, count int) ([]page, error) {
	pages := make([]page, count)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for i := range pages {
		group.Go(func() (err error) {
			pages[i], err = c.page(ctx, f, pageQuery{number: i + 1, size: perPage})
			return err
		})
	}
	return pages, group.Wait()
}

// listBackwards reads from the last page to the first, one after another, and then
// the newest entries. Entries only move to earlier pages, which are still to be
// read. But if the service does not keep the order of entries of the same time, one
// may be missed. Then the count is short, and that is an error.
func (c *Client) listBackwards(ctx context.Context, f Filter) ([]bkcache.Entry, error) {
	l := listing{entries: map[int64]bkcache.Entry{}}
	first, err := c.page(ctx, f, pageQuery{number: 1, size: 1})
	if err != nil {
		return nil, err
	}
	for number := (first.total + perPage - 1) / perPage; number > 0; number-- {
		p, err := c.page(ctx, f, pageQuery{number: number, size: perPage})
		if err != nil {
			return nil, err
		}
		l.add(p)
	}
	newest, err := c.newest(ctx, f)
	if err != nil {
		return nil, err
	}
	l.add(newest)
	if len(l.entries) < newest.total {
		return nil, hint.With(
			fmt.Errorf("listing caches of %s: the service returned %d of %d entries", c.target, len(l.entries), newest.total),
			"run the command again when fewer builds write to the cache")
	}
	return l.sorted(), nil
}

type page struct {
	total   int // of all pages
	entries []bkcache.Entry
}

type pageQuery struct {
	number, size int
	sort         string // created_at if empty
	descending   bool
}

// newest reads the page with the newest entries.
func (c *Client) newest(ctx context.Context, f Filter) (page, error) {
	return c.page(ctx, f, pageQuery{number: 1, size: perPage, descending: true})
}

func (c *Client) page(ctx context.Context, f Filter, q pageQuery) (page, error) {
	opts := github.ActionsCacheListOptions{
		ListOptions: github.ListOptions{Page: q.number, PerPage: q.size},
		Sort:        new(cmp.Or(q.sort, "created_at")),
		Direction:   new("asc"),
	}
	if q.descending {
		opts.Direction = new("desc")
	}
	if f.Prefix != "" {
		opts.Key = &f.Prefix
	}
	if f.Ref != "" {
		opts.Ref = &f.Ref
	}
	reply, _, err := c.rest.Actions.ListCaches(ctx, c.target.Owner, c.target.Repo, &opts)
	if err != nil {
		return page{}, c.explain(err, "actions: read", "listing caches of %s", c.target)
	}
	if reply == nil {
		return page{}, fmt.Errorf("listing caches of %s: the reply is empty", c.target)
	}
	p := page{total: reply.TotalCount, entries: make([]bkcache.Entry, len(reply.ActionsCaches))}
	for i, cache := range reply.ActionsCaches {
		p.entries[i] = entryOf(cache)
	}
	return p, nil
}

// entryOf shares the strings of versions and refs, because they repeat.
func entryOf(c *github.ActionsCache) bkcache.Entry {
	return bkcache.Entry{
		ID:      c.GetID(),
		Key:     c.GetKey(),
		Version: unique.Make(c.GetVersion()).Value(),
		Ref:     unique.Make(c.GetRef()).Value(),
		Size:    c.GetSizeInBytes(),
		Created: c.GetCreatedAt().Time,
		Used:    c.GetLastAccessedAt().Time,
	}
}

func older(a, b bkcache.Entry) int {
	return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
}
