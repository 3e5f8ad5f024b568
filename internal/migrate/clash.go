package migrate

import (
	"cmp"
	"slices"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate/rules"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source"
)

// withhold removes the edits of a finding, and notes the reason.
func withhold(fd *rules.Finding, why string) { fd.Edits, fd.Safe, fd.NoFix = nil, false, why }

// clash removes the edits of findings that change the same bytes differently.
func clash(findings []rules.Finding) {
	type wish struct {
		source.Edit
		finding int
	}
	var wishes []wish
	for i, fd := range findings {
		for _, e := range fd.Edits {
			wishes = append(wishes, wish{e, i})
		}
	}
	slices.SortFunc(wishes, func(a, b wish) int { return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End)) })
	last := 0 // the one that reaches farthest
	for i := 1; i < len(wishes); i++ {
		a, b := wishes[last], wishes[i]
		if b.End >= a.End {
			last = i
		}
		if !a.Overlaps(b.Edit) {
			continue
		}
		for _, k := range []int{a.finding, b.finding} {
			withhold(&findings[k], "another finding changes the same text differently")
		}
	}
}
