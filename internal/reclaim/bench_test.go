package reclaim

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
)

// largeRepository returns 100,000 entries: 500 indexes in 100 scopes, of which each
// names 1,000 layers, on the default branch and 25 pull requests.
func largeRepository() ([]bkcache.Entry, map[int64]Index, bkcache.Refs) {
	const indexes, layers, perIndex, pulls = 500, 99_500, 1000, 25
	refs := bkcache.Refs{Default: mainRef, Closed: map[string]string{}, Bases: map[string]string{}}
	ref := func(i int) string {
		if i%2 == 0 {
			return mainRef
		}
		return fmt.Sprintf("refs/pull/%d/merge", i%pulls)
	}
	var entries []bkcache.Entry
	digests := make([]string, layers)
	for i := range digests {
		digests[i] = sum(fmt.Sprint("layer ", i))
		at := ago(time.Duration(i%400+30) * time.Hour)
		entries = append(entries, bkcache.Entry{
			ID: int64(i), Key: bkcache.LayerKey(digests[i]).String(), Version: bkcache.Version, Ref: ref(i), Size: int64(i), Created: at, Used: at,
		})
	}
	contents := map[int64]Index{}
	for i := range indexes {
		on := ref(i)
		if on != mainRef {
			refs.Bases[on] = mainRef
		}
		if i%7 == 0 && on != mainRef {
			refs.Closed[on] = "closed"
		}
		at := ago(time.Duration(i+30) * time.Hour)
		id := int64(layers + i)
		entries = append(entries, bkcache.Entry{
			ID: id, Key: bkcache.IndexKey(fmt.Sprint("scope", i%100), on, false, uint64(i)).String(), Version: bkcache.Version, Ref: on, Size: 9000, Created: at, Used: at,
		})
		content := Index{Digest: sum(fmt.Sprint("index ", i))}
		for j := range perIndex {
			content.Layers = append(content.Layers, bkcache.Layer{Digest: digests[(i*131+j*7)%layers], Size: 1})
		}
		contents[id] = content
	}
	return entries, contents, refs
}

func BenchmarkPlan100000Entries(b *testing.B) {
	entries, contents, refs := largeRepository()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for name, policy := range map[string]Policy{
		"default":      {Grace: DefaultGrace},
		"keep-storage": {Grace: DefaultGrace, KeepStorage: 1_000_000_000},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				plan := NewPlan(Analyze(entries, contents, refs), policy, now)
				if len(plan.Verdicts) != len(entries) {
					b.Fatal(len(plan.Verdicts))
				}
			}
		})
	}
}

// BenchmarkTypicalRepository measures what prune frees of [week] from different places, with
// the share of what full knowledge calls garbage.
func BenchmarkTypicalRepository(b *testing.B) {
	w := readWeek(b)
	policy := Policy{Grace: DefaultGrace, Runs: bkcache.Runs{Asked: w.Now}}
	_, garbage := deleted(NewPlan(w.analyze(b, w.everyRef()...), policy, w.Now))
	for name, reads := range map[string][]string{
		"full-knowledge": w.everyRef(), "laptop": nil, "main": {mainRef}, "pull-request": {"refs/pull/4/merge", mainRef},
	} {
		b.Run(name, func(b *testing.B) {
			var plan *Plan
			for b.Loop() {
				plan = NewPlan(w.analyze(b, reads...), policy, w.Now)
			}
			_, proven := deleted(plan.Proven())
			_, likely := deleted(plan)
			b.ReportMetric(mib(proven), "MiB-proven")
			b.ReportMetric(percent(proven, garbage), "%-proven")
			b.ReportMetric(percent(likely, garbage), "%-likely")
		})
	}
}
