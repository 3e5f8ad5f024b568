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

// Sort puts the largest and the newest first, and scopes in their order.
func (l Listing) Sort(by string) error {
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
		return cmp.Or(compare(a, b), cmp.Compare(a.scope, b.scope), cmp.Compare(a.ref, b.ref), cmp.Compare(a.id, b.id))
	})
	return nil
}
