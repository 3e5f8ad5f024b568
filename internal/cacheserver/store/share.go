package store

import (
	"container/list"
	"time"
)

// How much there may be at a time, in all. A ref may have a quarter of it and a token a tenth, so that none locks the others
// out. GitHub takes 200 uploads a minute.
const (
	maxUploads = 10_000
	maxPieces  = 400_000 // blocks and chunks of unfinished uploads
	maxEntries = 100_000

	refShare   = 4
	tokenShare = 10
)

// tally is what a ref holds, or all of them.
type tally struct {
	entries int64
	bytes   int64 // of entries
	uploads int64
	pending int64 // bytes of unfinished uploads
	pieces  int64 // of unfinished uploads
}

func (t *tally) add(o tally) {
	t.entries += o.entries
	t.bytes += o.bytes
	t.uploads += o.uploads
	t.pending += o.pending
	t.pieces += o.pieces
}

func (t *table) section(ref string) *section {
	if t.refs[ref] == nil {
		t.refs[ref] = &section{used: list.New()}
	}
	return t.refs[ref]
}

// held is what a ref holds.
func (t *table) held(ref string) tally {
	if s := t.refs[ref]; s != nil {
		return s.tally
	}
	return tally{}
}

// count adds to what a ref holds.
func (t *table) count(ref string, change tally) {
	own := t.section(ref)
	own.add(change)
	t.all.add(change)
	if own.tally == (tally{}) {
		delete(t.refs, ref)
	}
}

// room evicts entries until ref may hold so many more bytes, and returns them. If that is not possible, it evicts nothing.
//
// A ref that holds more than half of the limit gives its own entries first, and so does everybody while unfinished uploads
// take half: neither drives out what others keep in the other half. docs/adr/0008 argues this.
func (t *table) room(ref string, bytes int64, l Limits) (evicted []Entry, err error) {
	stays, ownFirst := t.all.pending+bytes, t.all.pending+bytes > l.Size/2
	if ownFirst {
		stays += t.all.bytes - t.held(ref).bytes
	}
	if stays > l.Size {
		return nil, ErrNoRoom
	}
	return t.evict(ref, bytes, ownFirst, l), nil
}

// full reports whether there is no room for so many more bytes unless something goes.
func (t *table) full(bytes int64, l Limits) bool { return t.all.bytes+t.all.pending+bytes > l.Size }

// evict removes entries until all of them and so many more bytes of ref are within the limits.
func (t *table) evict(ref string, bytes int64, ownFirst bool, l Limits) (evicted []Entry) {
	for t.used.Len() > 0 && (t.full(bytes, l) || t.all.entries > maxEntries) {
		victim := *t.victim(ref, bytes, ownFirst, l)
		t.remove(victim.ID)
		evicted = append(evicted, victim)
	}
	return evicted
}

// victim is the least recently used entry of the ref that gives first, or of all. There is one.
func (t *table) victim(ref string, bytes int64, ownFirst bool, l Limits) *Entry {
	greedy := func(s *section, more int64) bool {
		return s.bytes+s.pending+more > l.Size/2 || s.entries > maxEntries/2
	}
	if own := t.refs[ref]; own != nil && own.used.Len() > 0 && (ownFirst || greedy(own, bytes)) {
		return entryAt(own.used.Back())
	}
	for name, s := range t.refs {
		if name != ref && s.used.Len() > 0 && greedy(s, 0) {
			return entryAt(s.used.Back())
		}
	}
	return entryAt(t.used.Back())
}

// expire removes the entries that were not used for as long as the limit says, and returns them.
func (t *table) expire(l Limits, now time.Time) (expired []Entry) {
	for t.used.Len() > 0 {
		oldest := *entryAt(t.used.Back())
		if now.Sub(oldest.Accessed) <= l.Age {
			break
		}
		t.remove(oldest.ID)
		expired = append(expired, oldest)
	}
	return expired
}
