package ui

import (
	"fmt"
	"io"
	"strings"
)

// Bar draws part of whole as a bar of width characters. Values out of range count
// as empty or full.
func Bar(part, whole int64, width int) string {
	full := 0
	if whole > 0 {
		full = int(min(max(part, 0), whole) * int64(width) / whole)
	}
	return strings.Repeat("█", full) + strings.Repeat("░", width-full)
}

// Progress redraws one line on a terminal. Its zero value draws nothing.
type Progress struct {
	W     io.Writer // a terminal; nil elsewhere
	Label string
	Total int
}

const barWidth = 30

// Show draws the line for done of Total, with a remark behind it.
func (p Progress) Show(done int, remark string) {
	if p.W == nil {
		return
	}
	fmt.Fprintf(p.W, "\r\x1b[K%s %s %d/%d %s", p.Label, Bar(int64(done), int64(p.Total), barWidth), done, p.Total, remark)
}

// Done removes the line.
func (p Progress) Done() {
	if p.W != nil {
		fmt.Fprint(p.W, "\r\x1b[K")
	}
}
