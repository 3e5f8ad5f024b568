package reclaim

import (
	"encoding/json"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
)

// week is the cache of a typical repository: 30 builds of a changing image in six days, on the default branch and five
// pull requests, of which two are open. TestTypicalRepository of package e2e has recorded it from real builds
// through a relay.
type week struct {
	Now     time.Time                 `json:"now"`
	Default string                    `json:"default"`
	Closed  []string                  `json:"closed"`
	Indexes map[int64]json.RawMessage `json:"indexes"`
	Caches  []struct {
		ID       int64     `json:"id"`
		Ref      string    `json:"ref"`
		Key      string    `json:"key"`
		Version  string    `json:"version"`
		Accessed time.Time `json:"last_accessed_at"`
		Created  time.Time `json:"created_at"`
		Size     int64     `json:"size_in_bytes"`
	} `json:"actions_caches"`
}

func readWeek(t testing.TB) *week {
	t.Helper()
	data, err := os.ReadFile("testdata/week.json")
	if err != nil {
		t.Fatal(err)
	}
	var w week
	if err := json.Unmarshal(data, &w); err != nil {
		t.Fatal(err)
	}
	return &w
}

// analyze is what a job knows that reads the refs.
func (w *week) analyze(t testing.TB, reads ...string) *Analysis {
	t.Helper()
	refs := bkcache.Refs{Default: w.Default, Closed: map[string]string{}, Bases: map[string]string{}}
	for _, ref := range w.Closed {
		refs.Closed[ref] = "closed"
	}
	var entries []bkcache.Entry
	indexes := map[int64]Index{}
	for _, c := range w.Caches {
		entries = append(entries, bkcache.Entry{ID: c.ID, Key: c.Key, Version: c.Version, Ref: c.Ref, Size: c.Size, Created: c.Created, Used: c.Accessed})
		if c.Ref != w.Default {
			refs.Bases[c.Ref] = w.Default
		}
		content, ok := w.Indexes[c.ID]
		if !ok || !slices.Contains(reads, c.Ref) {
			continue
		}
		x, err := bkcache.ParseIndex(content)
		if err != nil {
			t.Fatal(err)
		}
		indexes[c.ID] = Index{Digest: x.Digest, Layers: x.Layers}
	}
	return Analyze(entries, indexes, refs)
}

// everyRef is what full knowledge reads.
func (w *week) everyRef() (refs []string) {
	for _, c := range w.Caches {
		refs = append(refs, c.Ref)
	}
	return refs
}

func deleted(p *Plan) (ids map[int64]bool, bytes int64) {
	ids = map[int64]bool{}
	for v := range p.Deletions() {
		ids[v.ID] = true
		bytes += v.Size
	}
	return ids, bytes
}

func TestHowMuchOfATypicalRepositoryIsReclaimed(t *testing.T) {
	w := readWeek(t)
	policy := Policy{Grace: DefaultGrace, Runs: bkcache.Runs{Asked: w.Now}}
	garbage, all := deleted(NewPlan(w.analyze(t, w.everyRef()...), policy, w.Now))
	var total, closed int64
	for _, c := range w.Caches {
		total += c.Size
		if slices.Contains(w.Closed, c.Ref) {
			closed += c.Size
		}
	}
	t.Logf("%d entries with %.2f MiB; full knowledge calls %d of them garbage, with %.2f MiB; on closed refs are %.2f MiB",
		len(w.Caches), mib(total), len(garbage), mib(all), mib(closed))
	for name, reads := range map[string][]string{
		"a laptop": nil, "a job on main": {mainRef},
		"a job on pull request 4": {"refs/pull/4/merge", mainRef}, "a job on pull request 5": {"refs/pull/5/merge", mainRef},
	} {
		plan := NewPlan(w.analyze(t, reads...), policy, w.Now)
		proven, provenBytes := deleted(plan.Proven())
		likely, likelyBytes := deleted(plan)
		t.Logf("%s: %d entries with %.2f MiB are proven, %.1f %%; with what is likely %d with %.2f MiB, %.1f %%", name,
			len(proven), mib(provenBytes), percent(provenBytes, all), len(likely), mib(likelyBytes), percent(likelyBytes, all))
		for _, c := range w.Caches {
			if likely[c.ID] && !garbage[c.ID] {
				t.Errorf("%s deletes %d, which is needed", name, c.ID)
			}
			if slices.Contains(w.Closed, c.Ref) && !proven[c.ID] {
				t.Errorf("%s leaves %d on a closed ref", name, c.ID)
			}
		}
		if percent(likelyBytes, all) < 95 {
			t.Errorf("%s reclaims %.1f %%", name, percent(likelyBytes, all))
		}
	}
}

func percent(part, of int64) float64 { return 100 * float64(part) / float64(of) }

func mib(bytes int64) float64 { return float64(bytes) / (1 << 20) }
