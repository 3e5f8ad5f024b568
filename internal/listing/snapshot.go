package listing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheclient"
	"github.com/docker-ghacache/docker-ghacache/internal/github"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/reclaim"
	"github.com/docker-ghacache/docker-ghacache/internal/runtimeclient"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
)

// Snapshot is the content of a repository's cache at one time.
type Snapshot struct {
	*reclaim.Analysis
	Indexes map[int64]runtimeclient.Index // those that were tried
}

// Snapshot lists the cache, reads the indexes that the runtime token can read, and
// asks about the refs. What it cannot find out is unknown, and reported.
//
// The service counts the reading of an index as a use, and evicts it later. So only the
// newest two versions of each are read, unless Reads selects others: builds read them, and
// they decide.
func (r *Repository) Snapshot(ctx context.Context) (*Snapshot, error) {
	r.opts.Doing("listing the cache")
	defer r.opts.Doing("")
	entries, err := r.Client.List(ctx, cacheclient.Filter{})
	if err != nil {
		return nil, err
	}
	r.opts.Doing("reading indexes and refs")
	var (
		wait    sync.WaitGroup
		indexes map[int64]runtimeclient.Index
		refs    bkcache.Refs
	)
	if r.Runtime != nil {
		wait.Go(func() { indexes = r.readIndexes(ctx, entries, r.wanted(entries)) })
	}
	wait.Go(func() { refs, err = r.Client.Refs(ctx, builtRefs(entries)) })
	wait.Wait()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil {
		r.Warn("not all refs are known", err)
	}
	r.indexes = indexes
	return &Snapshot{Analyze(entries, indexes, refs), indexes}, nil
}

// wanted selects the indexes to read.
func (r *Repository) wanted(entries []bkcache.Entry) map[int64]bool {
	versions, ids := reclaim.Versions(entries), map[int64]bool{}
	for _, e := range entries {
		version, isIndex := versions[e.ID]
		switch {
		case !isIndex:
		case r.Reads != nil:
			ids[e.ID] = r.Reads(version, e)
		default:
			ids[e.ID] = version < reclaim.CurrentVersions
		}
	}
	return ids
}

// readIndexes reads no index that may be of another repository. With such an index,
// layers that this repository needs would look unreferenced. After the service has
// failed once, it is not asked again.
func (r *Repository) readIndexes(ctx context.Context, entries []bkcache.Entry, wanted map[int64]bool) map[int64]runtimeclient.Index {
	err := r.failed
	if err == nil {
		err = r.Client.Owns(ctx, r.Runtime.Repository())
	}
	indexes := map[int64]runtimeclient.Index{}
	if err == nil {
		indexes = r.Runtime.Indexes(ctx, entries, func(id int64) bool { return wanted[id] }, r.indexes)
	}
	for _, e := range entries {
		x, tried := indexes[e.ID]
		if before, read := r.indexes[e.ID]; !tried && err != nil && wanted[e.ID] {
			if indexes[e.ID] = before; !read || before.Err != nil {
				indexes[e.ID] = runtimeclient.Index{Err: err}
			}
		}
		if errors.Is(x.Err, runtimeclient.ErrService) {
			r.failed = x.Err
		}
	}
	return indexes
}

// builtRefs are the refs with BuildKit's entries.
func builtRefs(entries []bkcache.Entry) []string {
	seen := map[string]bool{}
	var refs []string
	for _, e := range entries {
		if !seen[e.Ref] && bkcache.ParseKey(e.Key, e.Version).Kind != bkcache.KindOther {
			seen[e.Ref] = true
			refs = append(refs, e.Ref)
		}
	}
	return refs
}

// Analyze compares a listing with the indexes that were read.
func Analyze(entries []bkcache.Entry, read map[int64]runtimeclient.Index, refs bkcache.Refs) *reclaim.Analysis {
	indexes := make(map[int64]reclaim.Index, len(read))
	for id, x := range read {
		indexes[id] = reclaim.Index{Err: x.Err}
		if x.Err == nil {
			indexes[id] = reclaim.Index{Digest: x.Digest, Layers: x.Layers}
		}
	}
	return reclaim.Analyze(entries, indexes, refs)
}

// NoteUnread reports how many indexes could not be read, and how to read them.
func (r *Repository) NoteUnread(s *Snapshot, in func(*reclaim.Cache) bool) {
	var total, foreign, failed int
	var refs []string
	var first error
	for i := range s.Caches {
		c := &s.Caches[i]
		if !in(c) {
			continue
		}
		total++
		switch {
		case c.Err == nil:
		case c.Head.State == reclaim.Closed && !r.reads(c.Ref):
			foreign++ // no job runs there
		case !r.reads(c.Ref):
			foreign++
			refs = append(refs, ui.Text(github.ShortRef(c.Ref)))
		default:
			failed++
			first = c.Err
		}
	}
	if foreign > 0 {
		r.say(ui.Info, fmt.Sprintf("%d of %s cannot be read here, so their layers are unknown", foreign, ui.Count(total, "index", "indexes")), r.hintUnread(refs))
	}
	if failed > 0 {
		r.say(ui.Warning, fmt.Sprintf("%d of %s could not be read; one of the errors: %v", failed, ui.Count(total, "index", "indexes"), first), hint.Of(first))
	}
}

// NoteEmpty says that BuildKit has stored nothing, where that is so.
func (r *Repository) NoteEmpty(s *Snapshot) {
	if !slices.ContainsFunc(s.Items, func(i reclaim.Item) bool { return i.Key.Kind != bkcache.KindOther }) {
		r.say(ui.Info, fmt.Sprintf("%s has no build cache", r.Client.Target()), "docker ghacache build --cache-to type=gha,mode=max --cache-from type=gha .")
	}
}

// EveryCache selects every cache.
func EveryCache(*reclaim.Cache) bool { return true }

func (r *Repository) reads(ref string) bool { return r.Runtime != nil && r.Runtime.Reads(ref) }

// hintUnread says where the indexes on refs can be read.
func (r *Repository) hintUnread(refs []string) string {
	if len(refs) == 0 {
		return ""
	}
	const few = 3
	refs = slices.Compact(slices.Sorted(slices.Values(refs)))
	if len(refs) > few {
		refs = append(refs[:few], "…")
	}
	hint := "run the command in a job on " + strings.Join(refs, ", ")
	if r.opts.Job.Token == "" {
		hint += "\n" + r.opts.Job.Service.Expose()
	}
	return hint
}
