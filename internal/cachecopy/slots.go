package cachecopy

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/runtimeclient"
)

// Slot is the part of the key that all indexes of a scope on a ref share: the key
// up to its number.
func Slot(key string) string { return key[:strings.LastIndexByte(key, '#')+1] }

// FindSlots are the slots on refs that builds may look in: those of scopes, or where
// there are none, those that list finds. A runtime token cannot list; where nothing
// else can either, the error says why, and the slots are those of [cacheopts.DefaultScope].
func FindSlots(ctx context.Context, refs, scopes []string, list func(context.Context) ([]bkcache.Entry, error)) ([]string, error) {
	if len(scopes) > 0 {
		return Slots(scopes, refs), nil
	}
	listing, err := list(ctx)
	if err != nil {
		return Slots([]string{cacheopts.DefaultScope}, refs), err
	}
	return Listed(listing, refs), nil
}

// Slots are those in which builds look for the indexes of scopes on refs.
func Slots(scopes, refs []string) (slots []string) {
	for _, scope := range scopes {
		for _, ref := range refs {
			for _, signed := range []bool{false, true} {
				slots = append(slots, bkcache.IndexPrefix(scope, ref, signed)+"#")
			}
		}
	}
	return slots
}

// Listed returns the slots on refs that have an index in a listing.
func Listed(listing []bkcache.Entry, refs []string) (slots []string) {
	for _, e := range listing {
		key := bkcache.ParseKey(e.Key, e.Version)
		if slices.ContainsFunc(refs, key.MatchesRef) {
			slots = append(slots, Slot(e.Key))
		}
	}
	slices.Sort(slots)
	return slices.Compact(slots)
}

// ReadIndexes reads the newest index of each slot that has one.
func ReadIndexes(ctx context.Context, from Source, slots []string) ([]Index, error) {
	found := make([]Index, len(slots))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for i, slot := range slots {
		group.Go(func() error {
			data, key, err := from.Read(ctx, slot)
			if errors.Is(err, runtimeclient.ErrNotFound) {
				return nil
			}
			found[i] = Index{Key: key, Data: data}
			return err
		})
	}
	err := group.Wait()
	return slices.DeleteFunc(found, func(x Index) bool { return x.Key == "" }), err
}

// Digests returns the digests of a service's own indexes in slots, by slot.
func Digests(ctx context.Context, of Source, indexes []Index) (map[string]string, error) {
	var slots []string
	for _, x := range indexes {
		slots = append(slots, Slot(x.Key))
	}
	own, err := ReadIndexes(ctx, of, slots)
	digests := map[string]string{}
	for _, x := range own {
		digests[Slot(x.Key)] = fmt.Sprintf("sha256:%x", sha256.Sum256(x.Data))
	}
	return digests, err
}
