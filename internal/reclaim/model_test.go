package reclaim

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
)

// model has the rules of the cache service, in memory. [TestTheModelIsTheService] holds
// it against the real one.
type model struct {
	now      func() time.Time
	margin   time.Duration // by how much the client mistrusts the clock
	entries  []bkcache.Entry
	contents map[int64]string
	reserved map[[2]string]int64
	id       int64
}

func newModel(margin time.Duration) func(func() time.Time) cache {
	return func(now func() time.Time) cache {
		return &model{now: now, margin: margin, contents: map[int64]string{}, reserved: map[[2]string]int64{}}
	}
}

func (m *model) lookup(refs []string, key string) (string, bool) {
	for _, ref := range refs {
		var best *bkcache.Entry
		for i := range m.entries {
			e := &m.entries[i]
			switch {
			case e.Ref != ref || !strings.HasPrefix(e.Key, key):
			case e.Key == key:
				e.Used = m.now()
				return key, true
			case best == nil || e.Created.After(best.Created) || e.Created.Equal(best.Created) && e.ID > best.ID:
				best = e
			}
		}
		if best != nil {
			best.Used = m.now()
			return best.Key, true
		}
	}
	return "", false
}

func (m *model) reserve(ref, key string) bool {
	name := [2]string{ref, key}
	_, reserved := m.reserved[name]
	if reserved || slices.ContainsFunc(m.entries, func(e bkcache.Entry) bool { return e.Key == key && e.Ref == ref }) {
		return false
	}
	m.id++
	m.reserved[name] = m.id
	return true
}

func (m *model) commit(ref, key, content string) {
	name := [2]string{ref, key}
	id := m.reserved[name]
	delete(m.reserved, name)
	m.contents[id] = content
	m.entries = append(m.entries, bkcache.Entry{
		ID: id, Key: key, Version: bkcache.Version, Ref: ref, Size: int64(len(content)), Created: m.now(), Used: m.now(),
	})
}

func (m *model) delete(id int64) bool {
	before := len(m.entries)
	m.entries = slices.DeleteFunc(m.entries, func(e bkcache.Entry) bool { return e.ID == id })
	return len(m.entries) < before
}

func (m *model) recent(_ []bkcache.Entry, since time.Time) Glance {
	g := Glance{Used: map[int64]time.Time{}}
	newest := slices.Clone(m.entries)
	slices.SortFunc(newest, func(a, b bkcache.Entry) int { return cmp.Or(b.Created.Compare(a.Created), cmp.Compare(b.ID, a.ID)) })
	for _, e := range newest {
		switch {
		case strings.HasPrefix(e.Key, bkcache.IndexKeys):
			g.Indexes = append(g.Indexes, e.ID)
		case !e.Used.Before(since.Add(-m.margin)):
			g.Used[e.ID] = e.Used
		}
	}
	return g
}

func (m *model) runs(all []bkcache.Run) bkcache.Runs {
	return bkcache.Runs{Asked: m.now().Add(-m.margin), Runs: slices.Clone(all)}
}

func (m *model) list() []bkcache.Entry { return slices.Clone(m.entries) }

func (m *model) read(e bkcache.Entry) string {
	for i := range m.entries {
		if m.entries[i].ID == e.ID {
			m.entries[i].Used = m.now()
			return m.contents[e.ID]
		}
	}
	return ""
}
