package plugin

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/docker-ghacache/docker-ghacache/internal/github"
	"github.com/docker/cli/cli/command/formatter"
	"github.com/docker/go-units"
)

const (
	columnGap   = 2
	leastColumn = 4
)

// writeTable writes rows of cells in columns. Where a line would be longer than
// width, the widest columns are cut; a width of 0 admits any. A row without cells is
// an empty line.
func writeTable(w io.Writer, rows [][]string, width int) error {
	widths := fit(columnWidths(rows), width)
	var b strings.Builder
	for _, cells := range rows {
		var line strings.Builder
		for i, cell := range cells {
			if utf8.RuneCountInString(cell) > widths[i] {
				cell = formatter.Ellipsis(cell, widths[i])
			}
			line.WriteString(cell + strings.Repeat(" ", max(0, widths[i]-utf8.RuneCountInString(cell))+columnGap))
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func columnWidths(rows [][]string) []int {
	var widths []int
	for _, cells := range rows {
		for i, cell := range cells {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
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
	excess := -width - columnGap
	for _, w := range widths {
		excess += w + columnGap
	}
	for ; excess > 0; excess-- {
		widest := slices.Index(widths, slices.Max(widths))
		if widths[widest] <= leastColumn {
			break
		}
		widths[widest]--
	}
	return widths
}

// style is how cells are written. The zero value suits a pipe.
type style struct {
	now   time.Time // times are relative to it; zero: RFC 3339
	short bool      // refs as --ref takes them
}

// style is that of standard output.
func (e *Env) style() style {
	if !e.Docker.Out().IsTerminal() {
		return style{}
	}
	return style{now: e.Now(), short: true}
}

// width is that of the terminal; 0 where there is none, or none knows.
func (e *Env) width() int {
	_, width := e.Docker.Out().GetTtySize()
	return int(width)
}

func (s style) time(t time.Time) string {
	switch age := s.now.Sub(t); {
	case s.now.IsZero():
		return t.UTC().Format(time.RFC3339)
	case age < time.Minute:
		return "now"
	case age < time.Hour:
		return fmt.Sprintf("%dm ago", age/time.Minute)
	case age < 48*time.Hour:
		return fmt.Sprintf("%dh ago", age/time.Hour)
	default:
		return fmt.Sprintf("%dd ago", age/(24*time.Hour))
	}
}

// text leaves nothing in a cell that a terminal would obey: whoever may write to a
// cache chooses the names of scopes.
func (s style) text(text string) string {
	if text == "" {
		return "-"
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return utf8.RuneError
	}, text)
}

func (s style) ref(ref string) string {
	if s.short {
		ref = github.ShortRef(ref)
	}
	return s.text(ref)
}

// humanSize counts as GitHub does, whose 10 GB are 10 GiB.
func humanSize(bytes int64) string { return units.BytesSize(float64(bytes)) }

func entryCount(n int) string {
	if n == 1 {
		return "1 entry"
	}
	return fmt.Sprintf("%d entries", n)
}
