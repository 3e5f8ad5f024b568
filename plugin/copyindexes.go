package plugin

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheclient"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
	"golang.org/x/sync/errgroup"
)

const defaultScope = "buildkit"

// copySlots are the scopes and refs to look for indexes in, see [migrate.Slot]. A
// runtime token cannot list, so scopes are given, or taken from the REST listing of
// the job's own service.
func copySlots(ctx context.Context, env *Env, from *cacheclient.Runtime, o copyOptions) ([]string, error) {
	if len(o.scopes) > 0 {
		return slotsOf(from, o.scopes), nil
	}
	why := errors.New("--from-url is not the job's service")
	if o.fromURL == "" {
		var slots []string
		if slots, why = listSlots(ctx, env, from); why == nil {
			return slots, nil
		}
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	env.notes().Note(ui.Warning, fmt.Sprintf("caches cannot be listed, so only those of scope %s are copied: %v", defaultScope, why), "--scope SCOPE")
	return slotsOf(from, []string{defaultScope}), nil
}

func slotsOf(from *cacheclient.Runtime, scopes []string) (slots []string) {
	for _, scope := range scopes {
		for _, ref := range from.Refs() {
			for _, signed := range []bool{false, true} {
				slots = append(slots, bkcache.IndexPrefix(scope, ref, signed)+"#")
			}
		}
	}
	return slots
}

func listSlots(ctx context.Context, env *Env, from *cacheclient.Runtime) ([]string, error) {
	repo, err := openRepository(env, "")
	if err != nil {
		return nil, err
	}
	listing, err := repo.Client.List(ctx, cacheclient.Filter{Prefix: "index-"})
	if err != nil {
		return nil, err
	}
	var slots []string
	for _, e := range listing {
		key := bkcache.ParseKey(e.Key, e.Version)
		if slices.ContainsFunc(from.Refs(), key.MatchesRef) {
			slots = append(slots, migrate.Slot(e.Key))
		}
	}
	slices.Sort(slots)
	return slices.Compact(slots), nil
}

// atOnce is how many indexes are read at a time.
const atOnce = 8

// readSlots reads the head of each slot that has one.
func readSlots(ctx context.Context, r *cacheclient.Runtime, slots []string) ([]migrate.CacheIndex, error) {
	found := make([]migrate.CacheIndex, len(slots))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for i, slot := range slots {
		group.Go(func() error {
			data, key, err := r.Read(ctx, slot)
			if errors.Is(err, cacheclient.ErrNotFound) {
				return nil
			}
			found[i] = migrate.CacheIndex{Key: key, Data: data}
			return err
		})
	}
	err := group.Wait()
	return slices.DeleteFunc(found, func(x migrate.CacheIndex) bool { return x.Key == "" }), err
}

// digestsOf are the digests of a service's own indexes in the slots of others.
func digestsOf(ctx context.Context, r *cacheclient.Runtime, indexes []migrate.CacheIndex) (map[string]string, error) {
	var slots []string
	for _, x := range indexes {
		slots = append(slots, migrate.Slot(x.Key))
	}
	own, err := readSlots(ctx, r, slots)
	digests := map[string]string{}
	for _, x := range own {
		digests[migrate.Slot(x.Key)] = fmt.Sprintf("sha256:%x", sha256.Sum256(x.Data))
	}
	return digests, err
}
