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

// WriteJSON writes v as a line.
func WriteJSON(w io.Writer, v any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}

// MarkdownCell keeps text in a table from being anything but text.
func MarkdownCell(text string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ", "<", "&lt;", "`", "\\`", "*", `\*`).Replace(text)
}
