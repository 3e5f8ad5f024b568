package cacheclient

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"net/url"
	"time"
)

// Delete deletes an entry. If there is none the error is [io/fs.ErrNotExist], which
// proves nothing: GitHub answers so as well where the token may not delete it. A listing
// tells. A deletion whose reply was lost may end so, too.
func (c *Client) Delete(ctx context.Context, id int64) error {
	_, err := c.rest.Actions.DeleteCachesByID(ctx, c.target.Owner, c.target.Repo, id)
	explained := c.explain(err, "actions: write", "deleting cache %d of %s", id, c.target)
	if status(err) == http.StatusNotFound {
		return notFoundError{explained}
	}
	return explained
}

// notFoundError keeps the hint at the permission that may be missing.
type notFoundError struct{ error }

func (n notFoundError) Unwrap() error      { return n.error }
func (notFoundError) Is(target error) bool { return target == fs.ErrNotExist }

// DeleteKey deletes the entries with exactly this key on a ref. None is a success.
// The ref must be given: GitHub would delete on all refs without.
func (c *Client) DeleteKey(ctx context.Context, key, ref string) error {
	if key == "" || ref == "" {
		return errors.New("deleting caches by key needs a key and a ref")
	}
	_, err := c.rest.Actions.DeleteCachesByKey(ctx, c.target.Owner, c.target.Repo, key, &ref)
	if status(err) == http.StatusNotFound {
		return nil
	}
	return c.explain(err, "actions: write", "deleting caches %q on %s of %s", key, ref, c.target)
}

// Usage is what GitHub counts, about five minutes late.
type Usage struct {
	Count int
	Size  int64 // bytes
}

// Usage returns how much the repository's caches take.
func (c *Client) Usage(ctx context.Context) (Usage, error) {
	usage, _, err := c.rest.Actions.GetCacheUsageForRepo(ctx, c.target.Owner, c.target.Repo)
	if err != nil {
		return Usage{}, c.explain(err, "actions: read", "getting the cache usage of %s", c.target)
	}
	return Usage{usage.ActiveCachesCount, usage.ActiveCachesSizeInBytes}, nil
}

// Limits is what a repository's caches may take. Zero is unknown.
type Limits struct {
	Size int64         // bytes
	Age  time.Duration // since the last use
}

// Limits returns the limits. One that a GitHub Enterprise Server does not know, or
// that the token may not see, is unknown.
func (c *Client) Limits(ctx context.Context) (Limits, error) {
	var storage struct {
		GB int64 `json:"max_cache_size_gb"`
	}
	var retention struct {
		Days int64 `json:"max_cache_retention_days"`
	}
	err := errors.Join(
		c.limit(ctx, "storage-limit", &storage),
		c.limit(ctx, "retention-limit", &retention),
	)
	return Limits{storage.GB << 30, time.Duration(retention.Days) * 24 * time.Hour}, err
}

func (c *Client) limit(ctx context.Context, name string, into any) error {
	_, err := c.get(ctx, "actions/cache/"+name, url.Values{}, into)
	switch status(err) {
	case http.StatusForbidden, http.StatusNotFound:
		return nil
	}
	return c.explain(err, "actions: read", "getting the %s of %s", name, c.target)
}
