package plugin

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/template"

	"github.com/docker/cli/cli/command/formatter"
	"github.com/docker/cli/templates"
)

// writeJSON writes v as a line.
func writeJSON(w io.Writer, v any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}

// rowFormat is how rows are printed.
type rowFormat struct {
	table   string // the template of the default table
	format  string // --format
	quiet   bool
	noTrunc bool
}

// isTable reports whether a reader looks at the rows, rather than a program.
func (f rowFormat) isTable() bool {
	return !f.quiet && (f.format == "" || strings.HasPrefix(f.format, formatter.TableFormatKey))
}

// template is that of a line.
func (f rowFormat) template() (*template.Template, error) {
	text := strings.TrimPrefix(f.format, formatter.TableFormatKey)
	switch text = strings.TrimSpace(text); text {
	case "":
		text = f.table
	case formatter.JSONFormatKey:
		text = formatter.JSONFormat
	}
	parsed, err := templates.Parse(strings.NewReplacer(`\t`, "\t", `\n`, "\n").Replace(text))
	if err != nil {
		return nil, usage(fmt.Errorf("reading --format: %w", err), `--format '{{.Scope}} {{.Ref}}'`)
	}
	return parsed, nil
}

// printRows writes rows to standard output: by the given template, or as a table
// that suits a reader on a terminal and a program behind a pipe.
func (e *Env) printRows(header map[string]string, rows []row, f rowFormat) error {
	if f.quiet {
		return e.printQuiet(rows)
	}
	line, err := f.template()
	if err != nil {
		return err
	}
	if !f.isTable() {
		return execute(e.Stdout, line, rows, style{})
	}
	s, width := e.style(), e.width()
	if f.noTrunc {
		s.short, width = false, 0
	}
	var b bytes.Buffer
	if err := template.Must(line.Clone()).Funcs(templates.HeaderFunctions).Execute(&b, header); err != nil {
		return err
	}
	b.WriteByte('\n')
	if err := execute(&b, line, rows, s); err != nil {
		return err
	}
	var cells [][]string
	for line := range strings.Lines(b.String()) {
		cells = append(cells, strings.Split(strings.TrimRight(line, "\n"), "\t"))
	}
	return writeTable(e.Stdout, cells, width)
}

func execute(w io.Writer, line *template.Template, rows []row, s style) error {
	var b bytes.Buffer
	for _, r := range rows {
		if err := line.Execute(&b, r.styled(s)); err != nil {
			return fmt.Errorf("reading --format: %w", err)
		}
		b.WriteByte('\n')
	}
	_, err := b.WriteTo(w)
	return err
}

func (e *Env) printQuiet(rows []row) error {
	var b bytes.Buffer
	seen := map[string]bool{}
	for _, r := range rows {
		if line := cmp.Or(r.quiet(), "-"); !seen[line] {
			seen[line] = true
			fmt.Fprintln(&b, line)
		}
	}
	_, err := b.WriteTo(e.Stdout)
	return err
}
