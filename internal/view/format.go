package view

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"text/template"

	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
	"github.com/docker/cli/cli/command/formatter"
	"github.com/docker/cli/templates"
)

// Format is how rows are printed.
type Format struct {
	Template string // "table", "json" or a Go template; empty: the default table
	Quiet    bool   // only names
	NoTrunc  bool   // shorten nothing
}

// IsTable reports whether a reader looks at the rows, rather than a program.
func (f Format) IsTable() bool {
	return !f.Quiet && (f.Template == "" || strings.HasPrefix(f.Template, formatter.TableFormatKey))
}

// Check finds mistakes in the template of rows that have these columns.
func (f Format) Check(c Columns) error {
	_, err := f.line(c, asked)
	return err
}

// line is the template of a row, by default that of a table.
func (f Format) line(c Columns, has room) (*template.Template, error) {
	text := strings.TrimPrefix(f.Template, formatter.TableFormatKey)
	switch text = strings.TrimSpace(text); {
	case text == "":
		text = c.table(has)
	case f.Template == formatter.JSONFormatKey:
		text = formatter.JSONFormat
	case !strings.Contains(text, "{{"):
		return nil, hint.Usage(fmt.Errorf("unknown format %q", f.Template), "--format table, --format json or --format '{{.Scope}}'")
	}
	parsed, err := templates.Parse(strings.NewReplacer(`\t`, "\t", `\n`, "\n").Replace(text))
	if err != nil {
		return nil, c.usage(fmt.Errorf("reading --format: %w", err))
	}
	return parsed.Funcs(template.FuncMap{"json": toJSON}), c.check(parsed.Root)
}

// Print writes the rows: by the given template, or as a table that suits a reader on a
// terminal and a program behind a pipe.
func (l Listing) Print(out ui.Output, f Format) error {
	if f.Quiet {
		return l.printNames(out)
	}
	line, err := f.line(l.columns, l.room(out, f))
	if err != nil {
		return err
	}
	if !f.IsTable() {
		return execute(out, line, l.rows, ui.Style{})
	}
	if f.NoTrunc {
		out.Style.Short, out.Width = false, 0
	}
	var b bytes.Buffer
	if err := template.Must(line.Clone()).Funcs(templates.HeaderFunctions).Execute(&b, l.columns.titles()); err != nil {
		return err
	}
	b.WriteByte('\n')
	if err := execute(&b, line, l.rows, out.Style); err != nil {
		return err
	}
	var cells [][]string
	for line := range strings.Lines(b.String()) {
		cells = append(cells, strings.Split(strings.TrimRight(line, "\n"), "\t"))
	}
	return out.Table(cells)
}

// room is how much room a default table has.
func (l Listing) room(out ui.Output, f Format) room {
	switch {
	case l.all:
		return asked
	case out.Width > 0 && out.Width < wideScreen && !f.NoTrunc:
		return always
	}
	return wide
}

func toJSON(v any) (string, error) {
	var b strings.Builder
	err := ui.WriteJSON(&b, v)
	return strings.TrimSpace(b.String()), err
}

// execute keeps rows from being workflow commands even where the template cuts fields.
func execute(w io.Writer, line *template.Template, rows []row, s ui.Style) error {
	var b bytes.Buffer
	for _, r := range rows {
		if err := line.Execute(&b, r.styled(s)); err != nil {
			return hint.Usage(fmt.Errorf("reading --format: %w", err), "docker ghacache ls --help")
		}
		b.WriteByte('\n')
	}
	_, err := io.WriteString(w, ui.NoCommands(b.String()))
	return err
}

func (l Listing) printNames(w io.Writer) error {
	var b bytes.Buffer
	seen, out := map[string]bool{}, ui.Style{}
	for _, r := range l.rows {
		if line := out.Text(r.quiet()); !seen[line] {
			seen[line] = true
			fmt.Fprintln(&b, line)
		}
	}
	_, err := b.WriteTo(w)
	return err
}
