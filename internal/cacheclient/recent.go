package cacheclient

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
)

// Recent returns the indexes that were created last, up to a page of them, and when those
// of the blobs that were used since a time of this machine's clock were used last, by
// their IDs. A blob that is not in there was not used since, or is no longer there.
//
// It costs two requests, sent at once, unless more than a page of the repository's blobs
// were used since: then one for each blob as well.
func (c *Client) Recent(ctx context.Context, blobs []bkcache.Entry, since time.Time) (indexes []int64, used map[int64]time.Time, err error) {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		p, err := c.newest(ctx, Filter{Prefix: bkcache.IndexKeys})
		for _, e := range p.entries {
			if bkcache.ParseKey(e.Key, e.Version).Kind == bkcache.KindIndex {
				indexes = append(indexes, e.ID)
			}
		}
		return err
	})
	group.Go(func() (err error) {
		used, err = c.used(ctx, blobs, c.clock.at(since))
		return err
	})
	err = group.Wait()
	return indexes, used, err
}

func (c *Client) used(ctx context.Context, blobs []bkcache.Entry, since time.Time) (map[int64]time.Time, error) {
	p, err := c.page(ctx, Filter{Prefix: bkcache.BlobKeys}, pageQuery{number: 1, size: perPage, sort: "last_accessed_at", descending: true})
	if err != nil {
		return nil, err
	}
	if n := len(p.entries); n == p.total || n > 0 && p.entries[n-1].Used.Before(since) {
		return usedSince(p.entries, since), nil
	}
	return c.usedEach(ctx, blobs, since)
}

func usedSince(entries []bkcache.Entry, since time.Time) map[int64]time.Time {
	used := map[int64]time.Time{}
	for _, e := range entries {
		if !e.Used.Before(since) {
			used[e.ID] = e.Used
		}
	}
	return used
}

// usedEach looks each blob up by its key, of which no ref has more than a page.
func (c *Client) usedEach(ctx context.Context, blobs []bkcache.Entry, since time.Time) (map[int64]time.Time, error) {
	var mu sync.Mutex
	var found []bkcache.Entry
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for _, e := range blobs {
		group.Go(func() error {
			same, err := c.newest(ctx, Filter{Prefix: e.Key, Ref: e.Ref})
			mu.Lock()
			defer mu.Unlock()
			found = append(found, same.entries...)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return usedSince(found, since), nil
}
