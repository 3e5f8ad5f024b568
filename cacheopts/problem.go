package cacheopts

import (
	"fmt"
	"strings"
)

// Problem is an error in a cache option, with the fix.
type Problem struct {
	Text string // one line, lower case, no full stop, no credential
	Hint string // what to write instead; empty where there is no telling
}

// Error returns the text.
func (p Problem) Error() string { return p.Text }

// Level ranks a [Note].
type Level string

// The levels, the gravest last.
const (
	LevelInfo    Level = "info"
	LevelWarning Level = "warning"
	LevelError   Level = "error" // the build must not start
)

// Note is something to tell the user.
type Note struct {
	Level Level  `json:"level"`
	Text  string `json:"text"` // one line, lower case, no full stop, no credential
	Hint  string `json:"hint"` // commands or options to use, one a line; may be empty
}

func unreadable(value string, err error) Problem {
	return Problem{
		Text: fmt.Sprintf("reading cache option %q: %v", cutSecret(value), err),
		Hint: guess(value),
	}
}

// guess returns what an unreadable value was meant to be, if that is an entry
// of type=gha without credentials: stray spaces and quotes gone, and a bare gha
// made a type.
func guess(value string) string {
	if cutSecret(value) != value {
		return ""
	}
	fields := strings.Split(value, ",")
	for i, field := range fields {
		key, val, ok := strings.Cut(field, "=")
		if key = tidy(key); !ok && key == typeGHA {
			key, val, ok = "type", typeGHA, true
		}
		if !ok {
			return ""
		}
		fields[i] = key + "=" + tidy(val)
	}
	entry, err := parseOne(strings.Join(fields, ","))
	if err != nil || !entry.meant().GHA() {
		return ""
	}
	return entry.meant().Value()
}

func tidy(s string) string { return strings.Trim(s, " \t\r\n\"'") }

// meant returns the entry without what a slip of the pen did to it: case and
// spaces of the type, spaces around keys.
func (e Entry) meant() Entry {
	// A space or a semicolon in the place of a comma makes the rest part of the type.
	words := strings.FieldsFunc(tidy(e.Type), func(r rune) bool { return strings.ContainsRune(" \t;", r) })
	if len(words) > 0 && strings.ToLower(words[0]) == typeGHA {
		e.Type = typeGHA
		for _, word := range words[1:] {
			key, value, _ := strings.Cut(word, "=")
			if _, taken := e.Attrs[key]; !taken {
				e = e.With(key, value)
			}
		}
	}
	for key, value := range e.Attrs {
		trimmed := tidy(key)
		if trimmed == key {
			continue
		}
		if _, taken := e.Attrs[trimmed]; !taken {
			e = e.Without(key).With(trimmed, value)
		}
	}
	return e
}
