package view

import (
	"strings"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/servertest"
	"github.com/docker-ghacache/docker-ghacache/internal/reclaim"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
)

// example is the cache of [servertest.Example] with the indexes on the refs that are read.
func example(t testing.TB, read func(ref string) bool) (*reclaim.Analysis, map[int64]*bkcache.Index) {
	t.Helper()
	var entries []bkcache.Entry
	indexes, parsed := map[int64]reclaim.Index{}, map[int64]*bkcache.Index{}
	for i, e := range servertest.Example() {
		if e.Version == "" {
			e.Version = bkcache.Version
		}
		at := servertest.Noon().Add(-e.Age)
		entry := bkcache.Entry{ID: int64(i + 1), Key: e.Key, Version: e.Version, Ref: e.Ref, Size: int64(len(e.Content)), Created: at, Used: at}
		entries = append(entries, entry)
		if bkcache.ParseKey(e.Key, e.Version).Kind != bkcache.KindIndex || !read(e.Ref) {
			continue
		}
		x, err := bkcache.ParseIndex(e.Content)
		check(t, err)
		indexes[entry.ID], parsed[entry.ID] = reclaim.Index{Digest: x.Digest, Layers: x.Layers}, x
	}
	return reclaim.Analyze(entries, indexes, bkcache.Refs{}), parsed
}

// forecast is what prune would do now.
func forecast(a *reclaim.Analysis) *reclaim.Plan {
	return reclaim.NewPlan(a, reclaim.Policy{Grace: reclaim.DefaultGrace, Runs: bkcache.Runs{Asked: servertest.Noon()}}, servertest.Noon())
}

func everyRef(string) bool { return true }

func noRef(string) bool { return false }

// printed is what a function writes to a pipe.
func printed(t testing.TB, write func(ui.Output) error) string {
	t.Helper()
	var b strings.Builder
	check(t, write(ui.Output{Writer: &b}))
	return b.String()
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
