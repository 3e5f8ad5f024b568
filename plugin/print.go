package plugin

import (
	"fmt"
	"slices"
	"strings"

	"github.com/docker/cli/cli/command/formatter"
)

// rowFormat is how rows are printed.
type rowFormat struct {
	table   string // the default
	format  string // --format
	quiet   bool
	noTrunc bool
}

// printRows writes rows to standard output: in the given format, or as a table
// that suits a reader on a terminal and a program behind a pipe.
func (e *Env) printRows(sample row, rows []row, f rowFormat) error {
	if f.quiet {
		return e.printQuiet(rows)
	}
	format := f.format
	if format == "" || format == formatter.TableFormatKey {
		format = f.table
	}
	var s style
	if e.Docker.Out().IsTerminal() && formatter.Format(format).IsTable() {
		s.now = e.Now()
		if !f.noTrunc {
			_, width := e.Docker.Out().GetTtySize()
			s.limit = cellLimit(int(width), strings.Count(format, "\t")-1)
		}
	}
	context := formatter.Context{Output: e.Stdout, Format: formatter.Format(format), Trunc: !f.noTrunc}
	return context.Write(sample, func(write func(formatter.SubContext) error) error {
		for _, r := range rows {
			if err := write(r.styled(s)); err != nil {
				return err
			}
		}
		return nil
	})
}

// cellLimit shares what a terminal's width leaves between the two columns of
// any length. The others take about 14 characters each.
func cellLimit(width, others int) int {
	const least = 12
	return max(least, (width-14*others)/2)
}

func (e *Env) printQuiet(rows []row) error {
	var lines []string
	for _, r := range rows {
		if line := r.quiet(); !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	for _, line := range lines {
		if _, err := fmt.Fprintln(e.Stdout, line); err != nil {
			return err
		}
	}
	return nil
}
