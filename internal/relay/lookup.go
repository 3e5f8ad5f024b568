package relay

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/store"
	"github.com/docker-ghacache/docker-ghacache/internal/runtimeclient"
	"golang.org/x/sync/errgroup"
)

const (
	// fresh is how long a layer counts as present before it is looked up again for an index that references it.
	fresh = time.Minute
	// remembered is how long a hit answers further lookups.
	remembered = 15 * time.Minute
	// parallelLookups is how many lookups are under way for one index.
	parallelLookups = 32
	// maxBelow is how many layers are looked up with one above them. The service allows 1,500 lookups a minute.
	maxBelow = 500
	// prefetchWait is how long a lookup of a client waits for a prefetch.
	prefetchWait = 5 * time.Second
)

// sight is when the service was seen to have an entry, and the URL that it gave; empty if it gave none.
type sight struct {
	at  time.Time
	url string
}

func (b backend) Find(ctx context.Context, _ []string, version string, keys []string) (store.Entry, error) {
	e, err := b.find(ctx, version, keys)
	return e, replyTo(err)
}

func (r *Relay) find(ctx context.Context, version string, keys []string) (store.Entry, error) {
	n := name{version, keys[0]}
	if len(keys) == 1 && bkcache.ParseKey(n.key, version).Kind == bkcache.KindLayer {
		if found, certain := r.answer(ctx, n); certain {
			if !found {
				return store.Entry{}, store.ErrNotFound
			}
			return r.entryOf(n, ""), nil
		}
		defer r.lookBelow(ctx, n)()
	}
	found, err := r.service.Find(ctx, version, keys...)
	if err != nil {
		return store.Entry{}, err
	}
	match := name{version, found.Key}
	if bkcache.ParseKey(match.key, version).Kind == bkcache.KindLayer {
		r.confirmed(match, found.URL)
	}
	return r.entryOf(match, found.URL), nil
}

// answer answers a lookup of a layer without the service, if it can. For a layer of which nothing is known, the first
// answer is that it is not there: an export then sends it, and if the service has it, that comes out when its name is
// reserved. An import looks up what an index references, and has read that index through the relay before.
func (r *Relay) answer(ctx context.Context, n name) (found, certain bool) {
	r.awaitPrefetch(ctx)
	r.mu.Lock()
	defer r.mu.Unlock()
	if b, ok := r.uploads[n].(*blob); ok && b.underWay() || r.seen(n, remembered) {
		return true, true
	}
	if _, referenced := r.sizes[n.key]; referenced || !r.writes || r.asked[n] {
		return false, false
	}
	r.asked[n] = true
	return false, true
}

// underWay reports whether the upload can still become an entry. When it has become one, the entry is known.
func (b *blob) underWay() bool {
	select {
	case <-b.done:
		return false
	default:
		return b.ctx.Err() == nil || errors.Is(context.Cause(b.ctx), fs.ErrExist)
	}
}

// look asks the service for exactly this entry.
func (r *Relay) look(ctx context.Context, n name) error {
	found, err := r.service.Find(ctx, n.version, n.key)
	if err == nil && found.Key != n.key {
		err = fmt.Errorf("looking up cache %q: %w", n.key, runtimeclient.ErrNotFound)
	}
	switch {
	case err == nil:
		r.confirmed(n, found.URL)
	case errors.Is(err, runtimeclient.ErrNotFound):
		r.forget(n)
	}
	return err
}

// confirmed notes that the service has an entry.
func (r *Relay) confirmed(n name, url string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.known[n] = &sight{r.opts.Now(), url}
}

// forget notes that the service no longer has an entry.
func (r *Relay) forget(n name) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.known, n)
}

func (r *Relay) isFresh(n name) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.seen(n, fresh)
}

// seen reports whether the service had an entry that long ago. The caller has locked mu.
func (r *Relay) seen(n name, within time.Duration) bool {
	s := r.known[n]
	return s != nil && r.opts.Now().Sub(s.at) < within
}

// entryOf gives an entry that clients may read an id.
func (r *Relay) entryOf(n name, url string) store.Entry {
	r.mu.Lock()
	defer r.mu.Unlock()
	if seen := r.known[n]; url == "" && seen != nil {
		url = seen.url
	}
	e := r.entries[n]
	if e == nil {
		r.lastID++
		e = &entry{id: r.lastID, name: n}
		r.entries[n], r.readable[e.id] = e, e
	}
	if url != "" {
		e.url = url
	}
	return store.Entry{ID: e.id, Name: store.Name{Version: n.version, Key: n.key}}
}

// learn remembers what an index references.
func (r *Relay) learn(x *bkcache.Index) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range x.Layers {
		r.sizes[bkcache.LayerKey(l.Digest).String()] = l.Size
	}
	for blob, parent := range x.Parents() {
		if other, known := r.parents[blob]; known && other != parent {
			parent = ""
		}
		r.parents[blob] = parent
	}
}

// prefetch reads the last index of a scope on a ref.
func (r *Relay) prefetch(ctx context.Context, scope, ref string) {
	_, err := r.lastIndex(ctx, scope, ref)
	if err != nil && ctx.Err() == nil && !errors.Is(err, runtimeclient.ErrNotFound) {
		r.logf("reading the index of scope %q on %s: %v", scope, ref, err)
	}
}

// lastIndex reads the last index of a scope on a ref, and learns what it references.
func (r *Relay) lastIndex(ctx context.Context, scope, ref string) ([]byte, error) {
	// Without "#", the prefix finds the newest index, signed or not.
	found, err := r.service.Find(ctx, bkcache.Version, bkcache.IndexPrefix(scope, ref, false))
	if err != nil {
		return nil, err
	}
	id := r.entryOf(name{bkcache.Version, found.Key}, found.URL).ID
	r.mu.Lock()
	e := r.readable[id]
	r.mu.Unlock()
	data, err := r.readIndex(ctx, e)
	if err != nil {
		return nil, err
	}
	x, err := bkcache.ParseIndex(data)
	if err != nil {
		return nil, err
	}
	r.learn(x)
	return data, nil
}

// lookBelow begins to look up the layers below a layer, as far as they are not known. The function that it returns waits
// for that. Who needs a layer needs those below it. Of the other layers of an index nobody knows that before the export
// asks, and a lookup is a use: it would look as if the next index could reference them, and prune would keep them.
func (r *Relay) lookBelow(ctx context.Context, n name) (wait func()) {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallelLookups)
	below := r.takeBelow(n)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for _, b := range below {
			group.Go(func() error {
				defer r.looked(b)
				if err := r.look(ctx, b); !errors.Is(err, runtimeclient.ErrNotFound) {
					return err
				}
				return nil
			})
		}
		_ = group.Wait() // without, layers are looked up one by one
	}()
	return func() { <-done }
}

// takeBelow returns the layers that n stands on in every index, unless they are known or are being looked up.
func (r *Relay) takeBelow(n name) (below []name) {
	r.mu.Lock()
	defer r.mu.Unlock()
	blob := bkcache.ParseKey(n.key, n.version).Digest
	for range maxBelow {
		if blob = r.parents[blob]; blob == "" {
			break
		}
		if b := (name{n.version, bkcache.LayerKey(blob).String()}); !r.looking[b] && !r.seen(b, remembered) {
			r.looking[b] = true
			below = append(below, b)
		}
	}
	return below
}

func (r *Relay) looked(n name) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.looking, n)
}

// prefetching calls f, during which lookups of clients wait.
func (r *Relay) prefetching(f func(ctx context.Context)) {
	ctx, stop := context.WithCancel(r.closed)
	defer stop()
	r.mu.Lock()
	r.ahead = ctx
	r.mu.Unlock()
	f(ctx)
}

// awaitPrefetch waits for a prefetch under way: an export would send what is not known to be referenced.
func (r *Relay) awaitPrefetch(ctx context.Context) {
	r.mu.Lock()
	running := r.ahead
	r.mu.Unlock()
	if running == nil {
		return
	}
	timer := time.NewTimer(min(prefetchWait, r.opts.Timeout))
	defer timer.Stop()
	select {
	case <-running.Done():
	case <-timer.C:
	case <-ctx.Done():
	}
}
