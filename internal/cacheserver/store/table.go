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

func (t *table) add(e *Entry) {
	own := t.section(e.Ref)
	t.byID[e.ID] = &places{t.used.PushFront(e), own.used.PushFront(e)}
	t.count(e.Ref, tally{entries: 1, bytes: e.cost()})
	s := shelf{e.Ref, e.Version}
	i, _ := search(t.shelves[s], e.Key)
	t.shelves[s] = slices.Insert(t.shelves[s], i, e)
}

func (t *table) remove(id int64) (*Entry, bool) {
	at, ok := t.byID[id]
	if !ok {
		return nil, false
	}
	e := entryAt(at.all)
	t.used.Remove(at.all)
	t.refs[e.Ref].used.Remove(at.own)
	delete(t.byID, id)
	t.count(e.Ref, tally{entries: -1, bytes: -e.cost()})
	s := shelf{e.Ref, e.Version}
	i, _ := search(t.shelves[s], e.Key)
	if t.shelves[s] = slices.Delete(t.shelves[s], i, i+1); len(t.shelves[s]) == 0 {
		delete(t.shelves, s)
	}
	return e, true
}

func (t *table) get(id int64) (*Entry, bool) {
	at, ok := t.byID[id]
	if !ok {
		return nil, false
	}
	return entryAt(at.all), true
}

func (t *table) has(n Name) bool {
	_, found := search(t.shelves[shelf{n.Ref, n.Version}], n.Key)
	return found
}

// find searches the refs in order, and in each the keys in order: the exact key first, then the newest entry that
// begins with it. GitHub documents this as "Matching a cache key".
func (t *table) find(refs []string, version string, keys []string) (*Entry, bool) {
	for _, ref := range refs {
		entries := t.shelves[shelf{ref, version}]
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

func (t *table) touch(e *Entry, now time.Time) {
	e.Accessed = now
	t.used.MoveToFront(t.byID[e.ID].all)
	t.refs[e.Ref].used.MoveToFront(t.byID[e.ID].own)
}

// list returns the entries that match, in any order.
func (t *table) list(q Query) []Entry {
	entries := []Entry{}
	if q.Ref == "" && q.Key == "" && q.Prefix == "" {
		entries = make([]Entry, 0, t.used.Len())
	}
	for at := t.used.Front(); at != nil; at = at.Next() {
		if e := entryAt(at); q.matches(e) {
			entries = append(entries, *e)
		}
	}
	return entries
}
