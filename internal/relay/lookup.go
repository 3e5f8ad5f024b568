package relay

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/store"
	"github.com/docker-ghacache/docker-ghacache/internal/runtimeclient"
)

const (
	// fresh is how long a layer counts as present before it is looked up again for an index that references it.
	fresh = time.Minute
	// remembered is how long a hit answers further lookups.
	remembered = 15 * time.Minute
	// parallelLookups is how many lookups are under way for one index that is written.
	parallelLookups = 32
	// aheadWait is how long lookups of clients wait for the indexes that are read ahead, all of them together, and for a
	// lookup of the same layer.
	aheadWait = 5 * time.Second
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
	r.awaitReading(ctx)
	r.lookAhead(n)
	r.awaitLook(ctx, n)
	sending := r.sending(n) != nil
	r.mu.Lock()
	defer r.mu.Unlock()
	if sending || r.seen(n, remembered) {
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
	begun := r.opts.Now()
	found, err := r.service.Find(ctx, n.version, n.key)
	if err == nil && found.Key != n.key {
		err = fmt.Errorf("looking up cache %q: %w", n.key, runtimeclient.ErrNotFound)
	}
	switch {
	case err == nil:
		r.confirmed(n, found.URL)
	case errors.Is(err, runtimeclient.ErrNotFound):
		r.forget(n, begun)
	}
	return err
}

// confirmed notes that the service has an entry.
func (r *Relay) confirmed(n name, url string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.known[n] = &sight{r.opts.Now(), url}
}

// forget notes that the service did not have an entry when it was asked. What was confirmed since then counts.
func (r *Relay) forget(n name, asked time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := r.known[n]; s != nil && !s.at.After(asked) {
		delete(r.known, n)
	}
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

// lastIndex reads the last index of a scope on a ref, and learns what it references. It returns nothing where there is
// none, and logs why one cannot be read, unless nobody waits for it any more.
func (r *Relay) lastIndex(ctx context.Context, scope, ref string) []byte {
	data, err := r.readLast(ctx, scope, ref)
	cause := context.Cause(ctx)
	if err != nil && !errors.Is(err, runtimeclient.ErrNotFound) && !errors.Is(cause, context.Canceled) {
		r.logf("reading the index of scope %q on %s: %v", scope, ref, cmp.Or(cause, err))
	}
	return data
}

func (r *Relay) readLast(ctx context.Context, scope, ref string) ([]byte, error) {
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
	r.learn(e.name, x)
	return data, nil
}

// awaitReading waits for the indexes that are read ahead, without which an export would send what the service has.
func (r *Relay) awaitReading(ctx context.Context) {
	r.mu.Lock()
	reading := r.ahead
	r.mu.Unlock()
	if reading != nil {
		r.await(ctx, reading.Done())
	}
}

// awaitLook waits for a lookup of this layer that is under way.
func (r *Relay) awaitLook(ctx context.Context, n name) {
	r.mu.Lock()
	looking := r.looking[n]
	r.mu.Unlock()
	if looking != nil {
		r.await(ctx, looking)
	}
}

func (r *Relay) await(ctx context.Context, done <-chan struct{}) {
	timer := time.NewTimer(min(aheadWait, r.opts.Timeout))
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
	case <-ctx.Done():
	}
}
