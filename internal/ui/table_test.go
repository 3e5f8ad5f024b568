package ui

import (
	"strings"
	"testing"
)

func FuzzTable(f *testing.F) {
	f.Add("A\tB\nsomething long\t世界\n", 20)
	f.Fuzz(func(t *testing.T, text string, width int) {
		var rows [][]string
		for line := range strings.SplitSeq(text, "\n") {
			var cells []string
			for cell := range strings.SplitSeq(line, "\t") {
				cells = append(cells, Style{}.Text(cell))
			}
			rows = append(rows, cells)
		}
		var b strings.Builder
		if err := WriteTable(&b, rows, max(width, 0)); err != nil {
			t.Fatal(err)
		}
		if strings.Count(b.String(), "\n") != len(rows) {
			t.Errorf("%d rows became %q", len(rows), b.String())
		}
	})
}
