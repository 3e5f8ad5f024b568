package view

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
)

// Listing are rows of one kind, which [Listing.Print] writes.
type Listing struct {
	rows    []row
	columns Columns
	all     bool // the default table has all columns
}

// row is a line of a listing. Its exported methods are the fields of --format, which are
// listed in its columns.
type row interface {
	quiet() string
	order() rowOrder
	styled(ui.Style) row
}

// rowOrder is what rows are sorted by.
type rowOrder struct {
	scope, ref    string
	id            int64
	size          int64
	created, used time.Time
}

// Sort puts the largest and the newest first, or last if that is asked for, and scopes in
// their order.
func (l Listing) Sort(by string, ascending bool) error {
	compare, ok := map[string]func(a, b rowOrder) int{
		"size":    func(a, b rowOrder) int { return cmp.Compare(b.size, a.size) },
		"created": func(a, b rowOrder) int { return b.created.Compare(a.created) },
		"used":    func(a, b rowOrder) int { return b.used.Compare(a.used) },
		"scope":   func(rowOrder, rowOrder) int { return 0 },
	}[by]
	if !ok {
		return hint.Usage(fmt.Errorf("unknown order %q", by), "--sort size, created, used or scope")
	}
	slices.SortStableFunc(l.rows, func(x, y row) int {
		a, b := x.order(), y.order()
		order := compare(a, b)
		if ascending {
			order = -order
		}
		return cmp.Or(order, cmp.Compare(a.scope, b.scope), cmp.Compare(a.ref, b.ref), cmp.Compare(a.id, b.id))
	})
	return nil
}

// Limit returns the first rows, and how many it leaves out. A limit of 0 leaves out none.
func (l Listing) Limit(rows int) (first Listing, hidden int) {
	if hidden = len(l.rows) - rows; rows == 0 || hidden <= 0 {
		return l, 0
	}
	l.rows = l.rows[:rows]
	return l, hidden
}
