package ui

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/hint"
)

// Level is the importance of a note.
type Level string

// The levels. A note begins with its level.
const (
	Info    Level = "info"
	Warning Level = "warning"
	Error   Level = "error"
)

func (l Level) colour() string {
	switch l {
	case Error:
		return "\x1b[31m"
	case Warning:
		return "\x1b[33m"
	}
	return "\x1b[36m"
}

// Notes writes notes and errors, each as one line followed by its hints. The zero
// value writes nothing.
type Notes struct {
	W        io.Writer
	Colour   bool // colour the first word
	Annotate bool // write errors and warnings as workflow commands (`::warning::`), which GitHub Actions shows in the log and on the run's page
}

// Note writes `level: text`, or `::level::text` in a job, and then the hint.
func (n Notes) Note(level Level, text, hint string) {
	if n.W == nil {
		return
	}
	word := string(level) + ":"
	if n.Colour {
		word = level.colour() + word + "\x1b[0m"
	}
	if n.Annotate && level != Info {
		word, text = "::"+string(level)+"::", escape(text)
	} else {
		word += " "
	}
	fmt.Fprintf(n.W, "%s%s\n", word, text)
	n.Hint(hint)
}

// Hint writes one `hint:` line for every line of hint. Lines of YAML, which begin
// with a dash or white space, are written unchanged, so that they can be pasted.
func (n Notes) Hint(hint string) {
	if n.W == nil {
		return
	}
	for line := range strings.Lines(hint) {
		if !strings.HasPrefix(line, "- ") && !strings.HasPrefix(line, " ") {
			line = "hint: " + line
		}
		fmt.Fprintf(n.W, "%s\n", strings.TrimRight(line, "\n"))
	}
}

// Error writes err, and the hints of every error in its tree with a method Hint()
// string.
func (n Notes) Error(err error) {
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		for _, e := range joined.Unwrap() {
			n.Error(e)
		}
		return
	}
	n.Note(Error, err.Error(), hint.Of(err))
}

// escape encodes the data of a workflow command, as @actions/core does.
func escape(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}
