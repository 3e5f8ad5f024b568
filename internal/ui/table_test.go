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

func TestWideCharactersDoNotShiftColumns(t *testing.T) {
	rows := [][]string{{"SCOPE", "SIZE"}, {"app", "1MB"}, {"缓存", "2MB"}, {"构建缓存很长很长", "3MB"}, {"🚀👩🏽", "4MB"}, {"e\u0301", "5MB"}}
	for _, tt := range []struct {
		width int
		want  string
	}{
		{0, "SCOPE             SIZE\napp               1MB\n缓存              2MB\n构建缓存很长很长  3MB\n🚀👩🏽              4MB\ne\u0301                 5MB\n"},
		{14, "SCOPE     SIZE\napp       1MB\n缓存      2MB\n构建缓…   3MB\n🚀👩🏽      4MB\ne\u0301         5MB\n"},
	} {
		var b strings.Builder
		if err := WriteTable(&b, rows, tt.width); err != nil {
			t.Fatal(err)
		}
		if b.String() != tt.want {
			t.Errorf("in %d columns:\n%swant\n%s", tt.width, b.String(), tt.want)
		}
	}
}
