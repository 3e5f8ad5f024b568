package ui

import (
	"encoding/json"
	"io"
	"strings"
)

// Output is where data goes, and what is known of it.
type Output struct {
	io.Writer
	Style    Style
	Width    int  // of the terminal in characters; 0: there is none, or none knows
	Terminal bool // a reader looks at it, rather than a program
}

// Table writes a table that fits, see [WriteTable].
func (o Output) Table(rows [][]string) error { return WriteTable(o, rows, o.Width) }

// WriteJSON writes v as a line. It escapes what a terminal or a runner would obey, and keeps the value.
func WriteJSON(w io.Writer, v any) error { return writeJSON(w, v, "") }

// WriteIndentedJSON is [WriteJSON] with a line for each value.
func WriteIndentedJSON(w io.Writer, v any) error { return writeJSON(w, v, "  ") }

func writeJSON(w io.Writer, v any, indent string) error {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", indent)
	if err := encoder.Encode(v); err != nil {
		return err
	}
	_, err := io.WriteString(w, harmlessJSON(b.String()))
	return err
}
