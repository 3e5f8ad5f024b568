package mounts

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/mounts/archive"
	"github.com/docker-ghacache/docker-ghacache/internal/mounts/wire"
	"github.com/docker-ghacache/docker-ghacache/internal/runtimeclient"
)

// Save saves mounts of a node that differ from their newest entries. A result tells what became of each mount.
func (k *Keeper) Save(ctx context.Context, n *Node, mounts []Mount) ([]Result, error) {
	results := make([]Result, len(mounts))
	for i, m := range mounts {
		results[i] = Result{Mount: m, State: Failed}
	}
	if len(mounts) == 0 {
		return results, nil
	}
	failed, err := n.talk(ctx, mounts, func(ctx context.Context, i int, c *wire.Conn) error {
		return k.save(ctx, c, &results[i])
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

func (k *Keeper) save(ctx context.Context, c *wire.Conn, r *Result) error {
	newest, err := k.newest(ctx, r.Mount)
	if err != nil {
		return err
	}
	change, tree, err := k.plan(ctx, c, newest)
	if errors.Is(err, runtimeclient.ErrNotFound) {
		// An entry that the newest builds on was deleted: save everything.
		newest = bkcache.Key{}
		change, tree, err = k.plan(ctx, c, newest)
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

// plan asks the helper for what is new since an entry; the zero Key is none. It returns [runtimeclient.ErrNotFound] if an
// entry that the new one would build on cannot be read, and the helper then waits for the next request.
func (k *Keeper) plan(ctx context.Context, c *wire.Conn, newest bkcache.Key) (wire.Change, wire.Tree, error) {
	var tree wire.Tree
	if err := c.Send(wire.Request{Op: wire.OpSave}); err != nil {
		return wire.Change{}, tree, err
	}
	if err := c.Receive(&tree); err != nil {
		return wire.Change{}, tree, err
	}
	if newest.Kind == bkcache.KindMount && newest.Tree == tree.ID {
		return wire.Change{None: true}, tree, c.Send(wire.Plan{None: true})
	}
	if err := k.sendPlan(ctx, c, newest); err != nil {
		return wire.Change{}, tree, err
	}
	var change wire.Change
	if err := c.Receive(&change); err != nil || change.None {
		return change, tree, err
	}
	for _, pack := range change.Packs {
		there, err := k.Cache.Has(ctx, pack)
		if err == nil && !there {
			err = errors.Join(runtimeclient.ErrNotFound, c.Send(wire.Request{}))
		}
		if err != nil {
			return change, tree, err
		}
	}
	return change, tree, nil
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
