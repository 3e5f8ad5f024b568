package relay

import (
	"slices"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
)

const (
	// rowOf is how many layers of an index an export has asked for, one after another, when the next ones are looked up ahead.
	rowOf = 8
	// maxAhead is how many layers are looked up ahead of an export at most.
	maxAhead = 32
)

// walk is how far an export has come in the layers of an index.
type walk struct {
	keys  []string       // of the layers, in the order in which BuildKit asks for them (remotecache/v1, sortConfig)
	place map[string]int // of a key
	next  int            // the place after the layer that was asked for last
	row   int            // how many were asked for without one left out
	ahead int            // up to which place the row was looked up ahead
}

func newWalk(x *bkcache.Index) *walk {
	w := &walk{place: make(map[string]int, len(x.Layers))}
	for _, l := range x.Layers {
		w.keys = append(w.keys, bkcache.LayerKey(l.Digest).String())
	}
	slices.Sort(w.keys)
	for i, key := range w.keys {
		w.place[key] = i
	}
	return w
}

// ask notes that a layer was asked for, and returns those that are to be looked up ahead: as many as the row is long.
func (w *walk) ask(key string) []string {
	i, ok := w.place[key]
	switch {
	case !ok, i == w.next-1: // a new one, or once more
		return nil
	case i == w.next && w.row > 0:
		w.row++
	default:
		w.row, w.ahead = 1, 0
	}
	w.next = i + 1
	if w.row < rowOf {
		return nil
	}
	from := max(w.next, w.ahead)
	w.ahead = max(from, min(w.next+min(w.row, maxAhead), len(w.keys)))
	return w.keys[from:w.ahead]
}

// learn remembers what an index references.
func (r *Relay) learn(n name, x *bkcache.Index) {
	of, _, _ := strings.Cut(n.key, "#") // without the number of the index
	w := newWalk(x)
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range x.Layers {
		r.sizes[bkcache.LayerKey(l.Digest).String()] = l.Size
	}
	if old := r.walks[of]; old == nil || !slices.Equal(old.keys, w.keys) {
		r.walks[of] = w
	}
}

// lookAhead looks layers up that an export will ask for. BuildKit asks for one after another. To the service a lookup is
// a use, and prune keeps what was used shortly before an index was written. So only those layers are looked up that are
// next to a row of which the export has left out none.
func (r *Relay) lookAhead(n name) {
	if !r.writes {
		return // nothing will be exported
	}
	r.mu.Lock()
	var keys []string
	for _, w := range r.walks {
		keys = append(keys, w.ask(n.key)...)
	}
	r.mu.Unlock()
	for _, key := range keys {
		r.startLook(name{n.version, key})
	}
}

// startLook looks a layer up in the background, unless that is of no use.
func (r *Relay) startLook(n name) {
	done := make(chan struct{})
	r.mu.Lock()
	b, sending := r.uploads[n].(*blob)
	if r.looking[n] != nil || sending && b.underWay() || r.seen(n, remembered) {
		r.mu.Unlock()
		return
	}
	r.looking[n] = done
	r.mu.Unlock()
	finish := func() {
		r.mu.Lock()
		delete(r.looking, n)
		r.mu.Unlock()
		close(done)
	}
	err := r.spawn(func() {
		defer finish()
		_ = r.look(r.closed, n) // without, the client's own lookup tells
	})
	if err != nil {
		finish()
	}
}
