package mounts

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/lazyregexp"
	"github.com/moby/buildkit/client"
)

// Record is a cache mount that a builder holds.
type Record struct {
	Ref     string // BuildKit's name of it
	ID      string // see [Mount]
	Based   bool   // it was made with an owner and mode, or from an image or a stage
	Size    int64  // bytes on the disk
	InUse   bool
	Uses    int
	Used    time.Time // zero: never
	Created time.Time
}

// described is the description of a cache mount. It ends with the ID, unless that is the target, as of a mount of a Dockerfile
// with id=c,target=/c (BuildKit's solver/llbsolver/mounts, getRefCacheDir).
var described = lazyregexp.New(`^cached mount (.*?) from (?s:.*?)(?: with id ("(?:[^"\\]|\\.)*"))?$`)

// idOf reads the ID of a mount in its description.
func idOf(description string) (id string, ok bool) {
	text := described().FindStringSubmatch(description)
	switch {
	case text == nil:
		return "", false
	case text[2] == "":
		return text[1], true
	}
	id, err := strconv.Unquote(text[2])
	return id, err == nil
}

// isMount selects cache mounts.
const isMount = "type==" + string(client.UsageRecordTypeCacheMount)

// Held lists the cache mounts of a node, the largest first. BuildKit tells their IDs in a text that is not an API; one
// that says none is left out. BuildKit reads all of a mount that was used since it was listed last.
func Held(ctx context.Context, c *client.Client) ([]Record, error) {
	return records(ctx, c, client.WithFilter([]string{isMount}))
}

// Look is [Held] with the uses of each mount as they are until a build uses it: to BuildKit, reading it is a use.
func Look(ctx context.Context, c *client.Client) ([]Record, error) {
	if _, err := Held(ctx, c); err != nil {
		return nil, err
	}
	return Held(ctx, c)
}

func records(ctx context.Context, c *client.Client, options ...client.DiskUsageOption) ([]Record, error) {
	usage, err := c.DiskUsage(ctx, options...)
	if err != nil {
		return nil, fmt.Errorf("listing the cache mounts of the builder: %w", err)
	}
	var found []Record
	for _, u := range usage {
		id, ok := idOf(u.Description)
		if u.RecordType != client.UsageRecordTypeCacheMount || !ok {
			continue
		}
		r := Record{Ref: u.ID, ID: id, Based: len(u.Parents) > 0, Size: u.Size, InUse: u.InUse, Uses: u.UsageCount, Created: u.CreatedAt}
		if u.LastUsedAt != nil {
			r.Used = *u.LastUsedAt
		}
		found = append(found, r)
	}
	slices.Reverse(found) // DiskUsage sorts by size
	return found, nil
}

// of reports whether the record can be that of a mount.
func (r Record) of(m Mount) bool { return r.ID == m.ID && r.Based == (m.Base != nil) }

// Changed returns the records of after that before does not have, or that were used since.
func Changed(before, after []Record) []Record {
	old := map[string]Record{}
	for _, r := range before {
		old[r.Ref] = r
	}
	return slices.DeleteFunc(slices.Clone(after), func(r Record) bool {
		was, ok := old[r.Ref]
		return ok && was.Uses == r.Uses && was.Used.Equal(r.Used)
	})
}

// Remove deletes records from a builder. One that is in use stays.
func Remove(ctx context.Context, c *client.Client, refs ...string) error {
	var filter []string
	for _, ref := range refs {
		filter = append(filter, "id=="+ref)
	}
	if len(filter) == 0 {
		return nil // no filter would select all
	}
	if err := c.Prune(ctx, nil, client.PruneAll, client.WithFilter(filter)); err != nil {
		return fmt.Errorf("removing cache mounts of the builder: %w", err)
	}
	return nil
}
