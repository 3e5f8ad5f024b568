package ui

import (
	"io"
	"slices"
	"strings"

	"github.com/mattn/go-runewidth"
)

const (
	columnGap   = 2
	leastColumn = 4
)

// WriteTable writes rows of cells in columns. Where a line would be longer than
// width, the widest columns are cut; a width of 0 admits any. A row without cells is
// an empty line.
func WriteTable(w io.Writer, rows [][]string, width int) error {
	return writeColumns(w, rows, fit(columnWidths(rows), width))
}

// WriteTableCuttingLast is [WriteTable], except that it cuts the last column before others.
func WriteTableCuttingLast(w io.Writer, rows [][]string, width int) error {
	widths := columnWidths(rows)
	if last := len(widths) - 1; last >= 0 && width > 0 {
		widths[last] = min(widths[last], max(leastColumn, width-lineWidth(widths[:last])-columnGap))
	}
	return writeColumns(w, rows, fit(widths, width))
}

func writeColumns(w io.Writer, rows [][]string, widths []int) error {
	var b strings.Builder
	for _, cells := range rows {
		var line strings.Builder
		for i, cell := range cells {
			cell = runes().Truncate(cell, widths[i], "…")
			line.WriteString(cell + strings.Repeat(" ", max(0, widths[i]-runes().StringWidth(cell))+columnGap))
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// runes measures in columns of a terminal, in every locale alike: a character of East Asian scripts has two.
func runes() *runewidth.Condition { return &runewidth.Condition{} }

func columnWidths(rows [][]string) []int {
	var widths []int
	for _, cells := range rows {
		for i, cell := range cells {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], runes().StringWidth(cell))
		}
	}
	return widths
}

// fit takes from the widest columns until all fit into width, or none has more than
// the least that says anything.
func fit(widths []int, width int) []int {
	if width == 0 || len(widths) == 0 {
		return widths
	}
	for excess := lineWidth(widths) - width; excess > 0; excess-- {
		widest := slices.Index(widths, slices.Max(widths))
		if widths[widest] <= leastColumn {
			break
		}
		widths[widest]--
	}
	return widths
}

// lineWidth is the width of a line with columns of these widths.
func lineWidth(widths []int) int {
	width := -columnGap
	for _, w := range widths {
		width += w + columnGap
	}
	return width
}
