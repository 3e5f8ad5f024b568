package store

import (
	"cmp"
	"container/list"
	"slices"
	"strings"
	"time"
)

// table holds every finished entry in memory: by id, by name for matching, by last use for eviction. It counts what each
// ref holds, unfinished uploads included.
type table struct {
	byID    map[int64]*places
	shelves map[shelf][]*Entry // sorted by key
	used    *list.List         // of *Entry, the last used in front
	all     tally
	refs    map[string]*section
}

// shelf is the part that one lookup searches: prefixes match within a ref and version only.
type shelf struct{ ref, version string }

// places are those of an entry in the lists of all and of its ref.
type places struct{ all, own *list.Element }

// section is what one ref holds.
type section struct {
	tally
	used *list.List // of *Entry, the last used in front
}

func newTable() table {
	return table{byID: map[int64]*places{}, shelves: map[shelf][]*Entry{}, used: list.New(), refs: map[string]*section{}}
}

func (c *table) add(e *Entry) {
	own := c.section(e.Ref)
	c.byID[e.ID] = &places{c.used.PushFront(e), own.used.PushFront(e)}
	c.count(e.Ref, tally{entries: 1, bytes: e.cost()})
	s := shelf{e.Ref, e.Version}
	i, _ := search(c.shelves[s], e.Key)
	c.shelves[s] = slices.Insert(c.shelves[s], i, e)
}

func (c *table) remove(id int64) (*Entry, bool) {
	at, ok := c.byID[id]
	if !ok {
		return nil, false
	}
	e := entryAt(at.all)
	c.used.Remove(at.all)
	c.refs[e.Ref].used.Remove(at.own)
	delete(c.byID, id)
	c.count(e.Ref, tally{entries: -1, bytes: -e.cost()})
	s := shelf{e.Ref, e.Version}
	i, _ := search(c.shelves[s], e.Key)
	if c.shelves[s] = slices.Delete(c.shelves[s], i, i+1); len(c.shelves[s]) == 0 {
		delete(c.shelves, s)
	}
	return e, true
}

func (c *table) get(id int64) (*Entry, bool) {
	at, ok := c.byID[id]
	if !ok {
		return nil, false
	}
	return entryAt(at.all), true
}

func (c *table) has(n Name) bool {
	_, found := search(c.shelves[shelf{n.Ref, n.Version}], n.Key)
	return found
}

// find searches the refs in order, and in each the keys in order: the exact key first, then the newest entry that
// begins with it. GitHub documents this as "Matching a cache key".
func (c *table) find(refs []string, version string, keys []string) (*Entry, bool) {
	for _, ref := range refs {
		entries := c.shelves[shelf{ref, version}]
		for _, key := range keys {
			if e, ok := match(entries, key); ok {
				return e, true
			}
		}
	}
	return nil, false
}

func match(entries []*Entry, key string) (best *Entry, found bool) {
	i, exact := search(entries, key)
	if exact {
		return entries[i], true
	}
	for _, e := range entries[i:] {
		if !strings.HasPrefix(e.Key, key) {
			break
		}
		if best == nil || newer(e, best) {
			best = e
		}
	}
	return best, best != nil
}

func search(entries []*Entry, key string) (int, bool) {
	return slices.BinarySearchFunc(entries, key, func(e *Entry, key string) int { return cmp.Compare(e.Key, key) })
}

func entryAt(at *list.Element) *Entry {
	return at.Value.(*Entry) //nolint:forcetypeassert // add puts nothing else there
}

func (c *table) touch(e *Entry, now time.Time) {
	e.Accessed = now
	c.used.MoveToFront(c.byID[e.ID].all)
	c.refs[e.Ref].used.MoveToFront(c.byID[e.ID].own)
}

func (c *table) list(q Query) []Entry {
	entries := []Entry{}
	for at := c.used.Front(); at != nil; at = at.Next() {
		if e := entryAt(at); q.matches(e) {
			entries = append(entries, *e)
		}
	}
	q.sort(entries)
	return entries
}
