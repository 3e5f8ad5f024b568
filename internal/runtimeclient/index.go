package runtimeclient

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	actionscache "github.com/tonistiigi/go-actions-cache"
	"golang.org/x/sync/errgroup"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/httpclient"
)

// maxIndex is the largest index that is read, in bytes.
const maxIndex = 64 << 20

// Index is the content of an index entry, or why it could not be read.
type Index struct {
	*bkcache.Index
	Err error
}

// parallelReads is how many indexes are read at a time: each takes a lookup and a download,
// which the limits of the REST API do not count.
const parallelReads = 48

// Indexes reads those index entries of a whole listing that wanted selects. It returns
// them by entry ID. An index has an Err if the token cannot read it, or if the entry that
// was read may be another one. Entries never change, so an index in before is not read
// again. Once the service fails to answer for one index, no further index is read, and
// the others have an Err that is [ErrService].
func (r *Reader) Indexes(ctx context.Context, listing []bkcache.Entry, wanted func(id int64) bool, before map[int64]Index) map[int64]Index {
	var mu sync.Mutex
	indexes := map[int64]Index{}
	namesakes := map[string]int{}
	for _, e := range listing {
		namesakes[e.Key]++
	}
	reading, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var group errgroup.Group
	group.SetLimit(parallelReads)
	for _, e := range listing {
		if bkcache.ParseKey(e.Key, e.Version).Kind != bkcache.KindIndex || !wanted(e.ID) {
			continue
		}
		group.Go(func() error {
			x, ok := before[e.ID]
			if !ok || x.Err != nil {
				x.Index, x.Err = r.index(reading, e, namesakes[e.Key] == 1)
			}
			if errors.Is(x.Err, ErrService) {
				stop(x.Err)
			}
			mu.Lock()
			defer mu.Unlock()
			indexes[e.ID] = x
			return nil
		})
	}
	_ = group.Wait() // every index has its own error
	return indexes
}

// ErrService means that the cache service did not answer as it should, which the next index
// would not change.
var ErrService = errors.New("the cache service fails")

// serviceFailure does not name the index: the others that are not read have the same error.
func serviceFailure(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		if errors.Is(cause, ErrService) {
			return cause
		}
		return fmt.Errorf("reading index: %w", cause)
	}
	return serviceError{fmt.Errorf("reading indexes: %w", err)}
}

// serviceError is an [ErrService] with the text of its cause.
type serviceError struct{ error }

func (s serviceError) Unwrap() error      { return s.error }
func (serviceError) Is(target error) bool { return target == ErrService }

var (
	errRef      = errors.New("the runtime token cannot read its ref")
	errNamesake = errors.New("several refs have an entry with this key")
	errSize     = errors.New("it changed since it was listed")
)

// index reads one entry of a listing. The service looks a key up on the token's refs
// in their order and returns the first match, so the key must be unique.
func (r *Reader) index(ctx context.Context, e bkcache.Entry, unique bool) (*bkcache.Index, error) {
	if !r.Reads(e.Ref) {
		return nil, errRef
	}
	if !unique {
		return nil, errNamesake
	}
	if e.Size > maxIndex {
		return nil, httpclient.ErrTooLarge
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	entry, err := r.find(ctx, e.Key)
	if err != nil && !errors.Is(err, ErrNotFound) {
		err = serviceFailure(ctx, errors.Unwrap(err))
	}
	if err != nil {
		return nil, err
	}
	index, size, err := r.parse(ctx, entry)
	if err == nil && size != e.Size {
		return nil, errSize
	}
	return index, err
}

// stalled is how long a download may bring nothing. go-actions-cache has each one tried
// again for minutes.
const stalled = 8 * time.Second

// parse downloads an index.
func (r *Reader) parse(ctx context.Context, entry *actionscache.Entry) (*bkcache.Index, int64, error) {
	downloading, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	watch := time.AfterFunc(stalled, func() { stop(fmt.Errorf("nothing came for %s", stalled)) })
	defer watch.Stop()
	content := limited{arrived: func() { watch.Reset(stalled) }}
	if err := entry.WriteTo(downloading, &content); err != nil {
		if cause := context.Cause(downloading); cause != nil {
			err = cause
		}
		return nil, 0, serviceFailure(ctx, httpclient.RedactSigned(err, r.token))
	}
	index, err := bkcache.ParseIndex(content.data)
	if err != nil {
		return nil, 0, fmt.Errorf("reading index %q: %w", entry.Key, err)
	}
	return index, int64(len(content.data)), nil
}

// limited collects bytes up to the largest size of an index.
type limited struct {
	data    []byte
	arrived func() // called after each write, unless it is nil
}

func (l *limited) Write(p []byte) (int, error) {
	if len(l.data)+len(p) > maxIndex {
		return 0, httpclient.ErrTooLarge
	}
	l.data = append(l.data, p...)
	if l.arrived != nil {
		l.arrived()
	}
	return len(p), nil
}
