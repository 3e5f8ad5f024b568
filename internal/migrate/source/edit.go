package source

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// Edit replaces the bytes [Start, End) of a file, which are Old, by New. If Start
// equals End, it inserts.
type Edit struct {
	Start int    `json:"start"`
	End   int    `json:"end"`
	Old   string `json:"old"`
	New   string `json:"new"`

	keys bool // New brings keys of its own to a YAML mapping
}

// NewKeys is an edit that inserts keys into a YAML mapping.
func NewKeys(at int, text string) Edit { return Edit{Start: at, End: at, New: text, keys: true} }

// Edit returns the edit that replaces Value[i:j] in the file. The error says why
// there is none.
func (t Text) Edit(i, j int, with string) (Edit, error) {
	start, end, ok := t.Span(i, j)
	switch {
	case t.refuse != "":
		return Edit{}, errors.New(t.refuse)
	case i == j && len(t.runs) == 0:
		return Edit{}, errors.New("there is nothing to replace")
	case !ok:
		return Edit{}, errors.New("its parts come from several places")
	case string(t.src[start:end]) != t.Value[i:j]:
		return Edit{}, errors.New("its notation cannot be edited")
	}
	return Edit{Start: start, End: end, Old: t.Value[i:j], New: with}, nil
}

// Apply returns src with the edits made. It fails if an edit is outside of src, if
// two edits overlap, or if src differs from what an edit expects. Equal edits count
// once.
func Apply(src []byte, edits []Edit) ([]byte, error) {
	edits = Ordered(edits)
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

// Ordered sorts edits by their place, and drops equal ones.
func Ordered(edits []Edit) []Edit {
	edits = slices.Clone(edits)
	slices.SortFunc(edits, func(a, b Edit) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End), cmp.Compare(a.New, b.New))
	})
	return slices.Compact(edits)
}

// Overlaps reports whether both edits change the same bytes. Two insertions at one
// place overlap, because their order would be arbitrary.
func (e Edit) Overlaps(o Edit) bool {
	return e != o && e.Start <= o.End && o.Start <= e.End && (e.Start < o.End && o.Start < e.End || e.Start == o.Start)
}
