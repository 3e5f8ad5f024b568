package cacheclient

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"
)

// Delete deletes an entry. It returns [io/fs.ErrNotExist] if GitHub answers 404.
// That does not prove that the entry is deleted, because GitHub also answers 404 if
// the token may not delete it: list again to find out. The reply to a deletion that
// succeeded may be lost, and the repetition then ends with 404. It returns
// [io/fs.ErrPermission] if the token may not delete.
func (c *Client) Delete(ctx context.Context, id int64) error {
	_, err := c.rest.Actions.DeleteCachesByID(ctx, c.target.Owner, c.target.Repo, id)
	return c.explain(err, "actions: write", "deleting cache %d of %s", id, c.target)
}

// ErrLate is returned instead of sending a request later than it may be.
var ErrLate = errors.New("it is too late to send the request")

// deadline is the key of the time until which a request may be sent, in a context.
type deadline struct{}

// DeleteBy deletes an entry like [Client.Delete], but sends the request, and repeats it
// if that fails, only until a time of this machine's clock; then it is [ErrLate]. The
// error does not say whether an earlier attempt, of which the reply was lost, deleted it.
func (c *Client) DeleteBy(ctx context.Context, id int64, by time.Time) error {
	return c.Delete(context.WithValue(ctx, deadline{}, by), id)
}

// Usage returns what all caches of the repository take, in bytes. GitHub brings the
// figure up to date every five minutes or so.
func (c *Client) Usage(ctx context.Context) (int64, error) {
	usage, _, err := c.rest.Actions.GetCacheUsageForRepo(ctx, c.target.Owner, c.target.Repo)
	return usage.GetActiveCachesSizeInBytes(), c.explain(err, "actions: read", "getting the cache usage of %s", c.target)
}

// DefaultLimit is what the caches of a repository on github.com may take, in bytes,
// unless its owner pays for more.
const DefaultLimit = 10 << 30

// Limits are the limits of a repository's caches. Zero means unknown.
type Limits struct {
	Size int64         // bytes
	Age  time.Duration // since the last use
}

// Limits asks for the limits. A limit is unknown if a GitHub Enterprise Server does
// not have it, or if the token may not read it.
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
