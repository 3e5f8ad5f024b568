package hint

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// Word quotes a word for the command line of a fix, where it needs quotes in a shell: somebody
// else may have chosen a scope or the name of a file.
func Word(word string) string {
	word = strings.ReplaceAll(word, "\x00", "\ufffd") // no shell can pass a NUL on
	quoted, err := syntax.Quote(word, syntax.LangBash)
	if err != nil {
		return "…"
	}
	return quoted
}
