package cacheclient

import (
	"context"
	"slices"

	"github.com/google/go-github/v92/github"
	"golang.org/x/sync/errgroup"
)

// fetchFunc gets one page of a listing that does not tell its total.
type fetchFunc[T any] func(ctx context.Context, opts github.ListOptions) ([]T, *github.Response, error)

// allPages reads the first page and then, concurrently, those that its links
// announce. What moves between pages meanwhile may be missing.
func allPages[T any](ctx context.Context, fetch fetchFunc[T]) ([]T, error) {
	first, resp, err := fetch(ctx, github.ListOptions{Page: 1, PerPage: perPage})
	if err != nil {
		return nil, err
	}
	rest := make([][]T, max(resp.LastPage-1, 0))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for i := range rest {
		group.Go(func() (err error) {
			rest[i], _, err = fetch(ctx, github.ListOptions{Page: i + 2, PerPage: perPage})
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return slices.Concat(first, slices.Concat(rest...)), nil
}
