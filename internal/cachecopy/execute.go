package cachecopy

import (
	"context"
	"io"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
)

// Source is the service to copy from. A copy does not change it.
type Source interface {
	Has(ctx context.Context, key string) (bool, error)
	Read(ctx context.Context, key string) (content []byte, found string, err error)
	Stream(ctx context.Context, key string, size int64) (io.ReadCloser, error)
}

// Target is the service to copy to. Upload returns [fs.ErrExist] if the entry
// exists, or if another upload has reserved its key. If the content does not end
// with [io.EOF], Upload makes no entry.
type Target interface {
	Has(ctx context.Context, key string) (bool, error)
	Upload(ctx context.Context, key string, content io.Reader, size int64) error
}

// Progress is how much is copied, including what the target had.
type Progress struct {
	Layers int
	Bytes  int64
}

// Result is what a copy has done.
type Result struct {
	Indexes []string `json:"indexes"` // keys as they were written
	Layers  int      `json:"layers"`  // copied
	Bytes   int64    `json:"bytes"`   // of these
	There   int      `json:"there"`   // layers that the target had
	Left    []Left   `json:"left"`    // planned, and not written after all
}

const (
	// atOnce layers are under way at a time.
	atOnce = 8
	// grace is what layers under way have to end after an interruption: an
	// upload that is broken off occupies its key until the service forgets it.
	grace = 10 * time.Second
)

// Missing looks up layers, and returns the digests of those that do not exist.
func Missing(ctx context.Context, from Source, layers []bkcache.Layer) (map[string]bool, error) {
	var mu sync.Mutex
	missing := map[string]bool{}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for _, l := range layers {
		group.Go(func() error {
			there, err := from.Has(ctx, bkcache.LayerKey(l.Digest).String())
			mu.Lock()
			defer mu.Unlock()
			missing[l.Digest] = !there
			return err
		})
	}
	return missing, group.Wait()
}

// Execute copies layers and then indexes. If the source cannot return a layer, or
// the layer does not match its digest, the indexes that reference it are not
// copied, see [Result.Left]. Execute returns errors of the target and of ctx; the
// next copy continues from there.
func (p *Plan) Execute(ctx context.Context, from Source, to Target, progress func(Progress)) (Result, error) {
	c := &copying{from: from, to: to, progress: progress, failed: map[string]error{}}
	c.result.Indexes, c.result.Left = []string{}, []Left{}
	under, stop := graceful(ctx, grace)
	defer stop()
	err := each(ctx, p.Layers, func(l bkcache.Layer) error { return c.layer(under, l) })
	if err == nil {
		err = each(ctx, p.indexes, func(x plannedIndex) error { return c.index(under, x) })
	}
	slices.Sort(c.result.Indexes)
	return c.result, err
}

// each handles items concurrently until the first error, and finishes those that it
// has begun.
func each[T any](ctx context.Context, items []T, work func(T) error) error {
	group, stopped := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for _, item := range items {
		if stopped.Err() != nil {
			break
		}
		group.Go(func() error { return work(item) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return context.Cause(ctx)
}

// graceful returns a context that ends some time after its parent.
func graceful(parent context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(parent))
	stop := context.AfterFunc(parent, func() { time.AfterFunc(grace, cancel) })
	return ctx, func() { stop(); cancel() }
}
