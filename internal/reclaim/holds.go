package reclaim

// hold says what a set of indexes means for a blob.
type hold uint8

const (
	unreferenced hold = iota // no index could reference it
	unknown                  // an index that was not read could reference it
	referenced               // an index references it
)

// holds counts, for a set of indexes, who holds each blob.
type holds struct {
	*graph
	names    []int32 // by item: how many indexes name it
	blind    []int32 // by ref: how many unread indexes see it
	blindAll int32   // how many unread indexes see every ref
}

// hold returns the holds of the indexes that in admits.
func (g *graph) hold(in func(*index) bool) *holds {
	h := &holds{graph: g, names: make([]int32, len(g.ref)), blind: make([]int32, len(g.reach.ids))}
	for i := range g.indexes {
		if x := &g.indexes[i]; in(x) {
			h.add(x, 1)
		}
	}
	return h
}

// add takes n more of x into the set, or fewer where n is negative.
func (h *holds) add(x *index, n int32) {
	if x.Err == nil {
		for i := range h.references(x) {
			h.names[i] += n
		}
		return
	}
	if x.sees == nil {
		h.blindAll += n
	}
	for _, ref := range x.sees {
		h.blind[ref] += n
	}
	for _, ref := range x.readers {
		h.blind[ref] += n
	}
}

func (h *holds) of(item int32) hold {
	switch {
	case h.names[item] > 0:
		return referenced
	case h.blindAll+h.blind[h.ref[item]] > 0:
		return unknown
	default:
		return unreferenced
	}
}
