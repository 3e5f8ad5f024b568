package mounts

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/mounts/archive"
	"github.com/docker-ghacache/docker-ghacache/internal/mounts/wire"
	"github.com/docker-ghacache/docker-ghacache/internal/runtimeclient"
)

// Save saves mounts of a node that differ from their newest entries. A result tells what became of each mount. The
// largest are left out until the rest has no more than most bytes; 0 is no limit.
func (k *Keeper) Save(ctx context.Context, n *Node, mounts []Mount, most int64) ([]Result, error) {
	results := make([]Result, len(mounts))
	for i, m := range mounts {
		results[i] = Result{Mount: m, State: Failed}
	}
	if len(mounts) == 0 {
		return results, nil
	}
	budget, find := newBudget(most, len(mounts)), k.lookUp(ctx, mounts)
	failed, err := n.talk(ctx, mounts, func(ctx context.Context, i int, c *wire.Conn) error {
		return k.save(ctx, c, &results[i], find[i], func(bytes int64) (bool, error) { return budget.grants(ctx, i, bytes) })
	})
	for i := range results {
		if results[i].State == Failed {
			results[i].Err = cmp.Or(failed[i], err)
		}
	}
	if !slices.ContainsFunc(failed, Silent) {
		err = nil // each mount tells what became of it
	}
	return results, err
}

// lookUp looks for the newest entries of mounts, while the helper starts.
func (k *Keeper) lookUp(ctx context.Context, mounts []Mount) []func() (bkcache.Key, error) {
	found := make([]func() (bkcache.Key, error), len(mounts))
	for i, m := range mounts {
		found[i] = sync.OnceValues(func() (bkcache.Key, error) { return k.newest(ctx, m) })
		go func() { _, _ = found[i]() }() // the conversation asks for it
	}
	return found
}

func (k *Keeper) save(ctx context.Context, c *wire.Conn, r *Result, find func() (bkcache.Key, error), granted func(int64) (bool, error)) error {
	tree, err := walk(c)
	fits, waited := granted(tree.Bytes) // also of one that failed: others wait for it
	if err := cmp.Or(err, waited); err != nil {
		return err
	}
	if tree.Files == 0 {
		r.State = Empty // it may be new, because BuildKit has removed the mount after the build
		return stop(c)
	}
	newest, err := find()
	if err != nil {
		return err
	}
	if newest.Kind == bkcache.KindMount && newest.Tree == tree.ID {
		r.State = Unchanged
		return stop(c)
	}
	if !fits {
		r.State, r.Bytes = TooLarge, tree.Bytes
		return stop(c)
	}
	change, err := k.plan(ctx, c, newest)
	if errors.Is(err, runtimeclient.ErrNotFound) {
		// An entry that the newest builds on was deleted: save everything.
		if tree, err = walk(c); err == nil {
			change, err = k.plan(ctx, c, bkcache.Key{})
		}
	}
	if err != nil {
		return err
	}
	if change.None {
		r.State = Unchanged
		return c.Send(wire.Request{})
	}
	var packs []bkcache.Key
	for _, pack := range change.Packs {
		packs = append(packs, bkcache.ParseKey(pack, bkcache.Version))
	}
	key := bkcache.MountKey(k.Platforms, r.Name(), change.ID, tree.ID, packs)
	if key.Kind != bkcache.KindMount {
		return fmt.Errorf("the helper made the entry %q", key)
	}
	if err := c.Send(wire.Request{Op: wire.OpSave}); err != nil {
		return err
	}
	sent, err := k.put(ctx, key.String(), c.Reader())
	if errors.Is(err, errExists) {
		r.State = Unchanged
		return nil
	}
	if err != nil {
		return err
	}
	r.State, r.Files, r.Bytes, r.Sent = Saved, change.Files, change.Bytes, sent
	var saved wire.Saved
	if err := c.Receive(&saved); err != nil {
		return err
	}
	return c.Send(wire.Request{})
}

// walk asks the helper what the mount holds.
func walk(c *wire.Conn) (tree wire.Tree, err error) {
	if err := c.Send(wire.Request{Op: wire.OpSave}); err != nil {
		return tree, err
	}
	err = c.Receive(&tree)
	return tree, err
}

// stop ends a conversation after the walk.
func stop(c *wire.Conn) error {
	return errors.Join(c.Send(wire.Plan{None: true}), c.Send(wire.Request{}))
}

// plan asks the helper for what is new since an entry; the zero Key is none. It returns [runtimeclient.ErrNotFound] if an
// entry that the new one would build on cannot be read, and the helper then waits for the next request.
func (k *Keeper) plan(ctx context.Context, c *wire.Conn, newest bkcache.Key) (wire.Change, error) {
	if err := k.sendPlan(ctx, c, newest); err != nil {
		return wire.Change{}, err
	}
	var change wire.Change
	if err := c.Receive(&change); err != nil || change.None {
		return change, err
	}
	for _, pack := range change.Packs {
		there, err := k.Cache.Has(ctx, pack)
		if err == nil && !there {
			err = errors.Join(runtimeclient.ErrNotFound, c.Send(wire.Request{}))
		}
		if err != nil {
			return change, err
		}
	}
	return change, nil
}

func (k *Keeper) sendPlan(ctx context.Context, c *wire.Conn, newest bkcache.Key) error {
	if newest.Kind != bkcache.KindMount {
		return c.Send(wire.Plan{})
	}
	content, err := k.open(ctx, newest.String())
	if err != nil {
		return err
	}
	defer content.Close()
	frame, err := archive.ReadFrame(content)
	if err != nil {
		return err
	}
	if err := c.Send(wire.Plan{Key: newest.String()}); err != nil {
		return err
	}
	out := c.Writer()
	if _, err := out.Write(frame); err != nil {
		return err
	}
	return out.Close()
}
