package migrate

import (
	"cmp"
	"fmt"
	"slices"
)

// Apply returns src with edits made. It fails, and returns nothing, if an edit
// lies outside src, two of them overlap, or src does not hold what an edit
// expects. Equal edits count once.
func Apply(src []byte, edits []Edit) ([]byte, error) {
	edits = ordered(edits)
	var out []byte
	at := 0
	for _, e := range edits {
		if e.Start < 0 || e.End < e.Start || e.End > len(src) {
			return nil, fmt.Errorf("applying edit at byte %d: outside the file", e.Start)
		}
		if e.Start < at {
			return nil, fmt.Errorf("applying edit at byte %d: it overlaps another", e.Start)
		}
		if got := string(src[e.Start:e.End]); got != e.Old {
			return nil, fmt.Errorf("applying edit at byte %d: found %q instead of %q", e.Start, got, e.Old)
		}
		out = append(append(out, src[at:e.Start]...), e.New...)
		at = e.End
	}
	return append(out, src[at:]...), nil
}

func ordered(edits []Edit) []Edit {
	edits = slices.Clone(edits)
	slices.SortFunc(edits, func(a, b Edit) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End), cmp.Compare(a.New, b.New))
	})
	return slices.Compact(edits)
}

// overlap says that both edits want the same bytes. Two insertions at one place
// do, too: their order would be anyone's guess.
func (e Edit) overlap(o Edit) bool {
	return e != o && e.Start <= o.End && o.Start <= e.End && (e.Start < o.End && o.Start < e.End || e.Start == o.Start)
}
