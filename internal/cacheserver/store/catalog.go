package store

import (
	"cmp"
	"container/list"
	"slices"
	"strings"
	"time"
)

// catalog holds every finished entry in memory: by id, by name for lookups, and by last use for eviction.
type catalog struct {
	byID    map[int64]*list.Element
	shelves map[shelf][]*Entry // sorted by key
	used    *list.List         // of *Entry, the last used first
	size    int64
}

// shelf is the part that one lookup searches: prefixes match within a ref and version only.
type shelf struct{ ref, version string }

func newCatalog() catalog {
	return catalog{byID: map[int64]*list.Element{}, shelves: map[shelf][]*Entry{}, used: list.New()}
}

func (c *catalog) add(e *Entry) {
	c.byID[e.ID] = c.used.PushFront(e)
	c.size += e.Size
	s := shelf{e.Ref, e.Version}
	i, _ := search(c.shelves[s], e.Key)
	c.shelves[s] = slices.Insert(c.shelves[s], i, e)
}

func (c *catalog) remove(id int64) (*Entry, bool) {
	at, ok := c.byID[id]
	if !ok {
		return nil, false
	}
	e := entryAt(at)
	c.used.Remove(at)
	delete(c.byID, id)
	c.size -= e.Size
	s := shelf{e.Ref, e.Version}
	i, _ := search(c.shelves[s], e.Key)
	if c.shelves[s] = slices.Delete(c.shelves[s], i, i+1); len(c.shelves[s]) == 0 {
		delete(c.shelves, s)
	}
	return e, true
}

func (c *catalog) get(id int64) (*Entry, bool) {
	at, ok := c.byID[id]
	if !ok {
		return nil, false
	}
	return entryAt(at), true
}

func (c *catalog) has(n Name) bool {
	_, found := search(c.shelves[shelf{n.Ref, n.Version}], n.Key)
	return found
}

// find searches the refs in order, and in each the keys in order: the exact key first, then the newest entry that
// begins with it. GitHub documents this as "Matching a cache key".
func (c *catalog) find(refs []string, version string, keys []string) (*Entry, bool) {
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

func (c *catalog) touch(e *Entry, now time.Time) {
	e.Accessed = now
	c.used.MoveToFront(c.byID[e.ID])
}

// evict removes and returns the entries beyond the limits, the least recently used first.
func (c *catalog) evict(l Limits, now time.Time) (evicted []Entry) {
	for c.used.Len() > 0 {
		oldest := entryAt(c.used.Back())
		if c.size <= l.Size && now.Sub(oldest.Accessed) <= l.Age {
			break
		}
		c.remove(oldest.ID)
		evicted = append(evicted, *oldest)
	}
	return evicted
}

func (c *catalog) list(q Query) []Entry {
	entries := []Entry{}
	for at := c.used.Front(); at != nil; at = at.Next() {
		if e := entryAt(at); q.matches(e) {
			entries = append(entries, *e)
		}
	}
	q.sort(entries)
	return entries
}
