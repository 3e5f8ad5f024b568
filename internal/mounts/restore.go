package mounts

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/mounts/wire"
)

// ServiceError says that the cache service did not answer.
type ServiceError struct{ Err error }

func (e *ServiceError) Error() string { return e.Err.Error() }

// Unwrap returns what happened.
func (e *ServiceError) Unwrap() error { return e.Err }

// cleanup bounds how long the builder is asked to remove what could not be restored.
const cleanup = 10 * time.Second

// Restore fills mounts that a node does not have with the newest entries that the runtime token may read: of its own ref,
// then of the others in the token's order. A result tells what became of each mount. A mount whose restoring fails or
// is interrupted is empty afterwards, or removed. Held is what the node holds.
func (k *Keeper) Restore(ctx context.Context, n *Node, held []Record, wanted []Mount) ([]Result, error) {
	results := make([]Result, len(wanted))
	var fill []Mount
	var places []int
	keys := map[int]bkcache.Key{}
	find := k.lookUp(ctx, slices.DeleteFunc(slices.Clone(wanted), func(m Mount) bool { return holds(held, m) }))
	for i, m := range wanted {
		results[i] = Result{Mount: m, State: Occupied}
		if holds(held, m) {
			continue
		}
		key, err := find[0]()
		find = find[1:]
		if err != nil {
			return nil, &ServiceError{err} // it would fail for all
		}
		results[i].State = Missing
		if key.Kind == bkcache.KindMount {
			keys[len(fill)] = key
			fill, places = append(fill, m), append(places, i)
		}
	}
	if len(fill) == 0 {
		return results, nil
	}
	failed, err := n.talk(ctx, fill, func(ctx context.Context, i int, c *wire.Conn) error {
		return k.restore(ctx, c, keys[i], &results[places[i]])
	})
	var broken []Mount
	for i, place := range places {
		r := &results[place]
		if r.State == Restored || r.State == Occupied && failed[i] == nil && err == nil {
			continue
		}
		r.State, r.Err = Failed, cmp.Or(failed[i], err)
		broken = append(broken, r.Mount)
	}
	if !slices.ContainsFunc(failed, Silent) {
		err = nil // each mount tells what became of it
	}
	return results, errors.Join(err, k.discard(ctx, n, held, broken))
}

// holds reports whether a node has a mount with something in it. The mount of a build that failed early has nothing in it.
func holds(held []Record, m Mount) bool {
	const empty = 8 << 10 // a folder on any filesystem
	for _, r := range held {
		if r.of(m) && (r.Size > empty || r.InUse) {
			return true
		}
	}
	return false
}

// discard removes the mounts that were made to be restored, and were not.
func (k *Keeper) discard(ctx context.Context, n *Node, before []Record, broken []Mount) error {
	if len(broken) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanup)
	defer cancel()
	for {
		after, err := Held(ctx, n.Client)
		if err != nil {
			return err
		}
		var refs []string
		for _, r := range Changed(before, after) {
			if slices.ContainsFunc(broken, r.of) {
				refs = append(refs, r.Ref)
			}
		}
		if len(refs) == 0 {
			return nil
		}
		if err := Remove(ctx, n.Client, refs...); err != nil {
			return err
		}
		// A record stays while BuildKit still ends the helper.
		if err := pause(ctx); err != nil {
			return errors.New("the builder still uses a mount that was not restored to the end: run docker ghacache mounts rm")
		}
	}
}

func (k *Keeper) restore(ctx context.Context, c *wire.Conn, key bkcache.Key, r *Result) error {
	if err := c.Send(wire.Request{Op: wire.OpRestore}); err != nil {
		return err
	}
	var there wire.Occupancy
	if err := c.Receive(&there); err != nil {
		return err
	}
	if there.Occupied {
		r.State = Occupied
		return c.Send(wire.Request{})
	}
	keys, err := k.entries(ctx, key)
	if err != nil {
		return err
	}
	for _, key := range keys {
		if err := k.sendEntry(ctx, c, key); err != nil {
			return reason(c, err)
		}
	}
	if err := c.Send(wire.Pack{}); err != nil {
		return err
	}
	var restored wire.Restored
	if err := c.Receive(&restored); err != nil {
		return err
	}
	r.State, r.Files, r.Bytes = Restored, restored.Files, restored.Bytes
	return c.Send(wire.Request{})
}

// reason is what the helper says, if it says why it stopped reading.
func reason(c *wire.Conn, err error) error {
	var nothing struct{}
	if said, ok := errors.AsType[wire.RemoteError](c.Receive(&nothing)); ok && !strings.Contains(string(said), err.Error()) {
		return said
	}
	return err
}

// entries are the keys of an entry and of those that it builds on.
func (k *Keeper) entries(ctx context.Context, key bkcache.Key) ([]string, error) {
	keys := []string{key.String()}
	if key.Packs == "" {
		return keys, nil
	}
	prefix, _, _ := strings.Cut(key.String(), "#")
	for id := range strings.SplitSeq(key.Packs, ".") {
		pack, err := k.Cache.Newest(ctx, prefix+"#"+id+"@")
		if err != nil {
			return nil, fmt.Errorf("it builds on an entry that cannot be read: %w", err)
		}
		keys = append(keys, pack)
	}
	return keys, nil
}

func (k *Keeper) sendEntry(ctx context.Context, c *wire.Conn, key string) error {
	content, err := k.open(ctx, key)
	if err != nil {
		return err
	}
	defer content.Close()
	if err := c.Send(wire.Pack{Key: key}); err != nil {
		return err
	}
	_, err = c.SendData(content)
	return err
}
