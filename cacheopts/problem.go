package cacheopts

import (
	"fmt"
	"strings"
)

// Problem is a mistake in a cache option, with the fix. As an error it is its Text.
type Problem struct {
	Code  Code
	Level Level  // error, or warning where it is without consequence
	Attr  string // name of the attribute as it was written; empty: the value as a whole
	Value string // of the attribute, ***** for a credential and where nobody knows
	Text  string // one line, lower case, no full stop, no credential
	Hint  string // what to write instead; empty where there is no telling
}

// Error returns the text.
func (p Problem) Error() string { return p.Text }

// Level ranks a [Problem] and a [Note].
type Level string

// The levels, the gravest last.
const (
	LevelInfo    Level = "info"
	LevelWarning Level = "warning"
	LevelError   Level = "error" // the build must not start
)

// Note is something to tell the user. Text and Hint say it to people. A program
// that knows more, such as a command that helps, words its own advice by Code.
type Note struct {
	Code    Code
	Level   Level
	Side    Side     // of the entries that it is about; zero: both sides, or no entry in particular
	Targets []string // bake targets of these entries, each once; nil: a build, or no entry in particular
	Attr    string   // the attribute that it is about; empty: the entry as a whole
	Values  []string // see the code
	Text    string   // one line, lower case, no full stop, no credential
	Hint    string   // cache options to write instead, one a line; empty where they are not the fix
}

func unreadable(value string, err error) Problem {
	problem := Problem{
		Code: CodeUnreadable, Level: LevelError, Value: cutSecret(value),
		Text: fmt.Sprintf("reading cache option %q: %v", cutSecret(value), err),
	}
	entry, ok := guess(value)
	if !ok {
		return problem
	}
	if scope := entry.Attrs["scope"]; strings.Contains(scope, ",") {
		problem.Attr, problem.Value, problem.Text = "scope", scope, checkScope(scope)
	}
	problem.Hint = entry.mended(To).Value()
	return problem
}

// guess returns what an unreadable value was meant to be, if that is an entry
// of type=gha without credentials: stray spaces and quotes gone, a bare gha
// made a type, and a scope with a comma put together.
func guess(value string) (Entry, bool) {
	if cutSecret(value) != value {
		return Entry{}, false
	}
	entry := Entry{Attrs: map[string]string{}}
	last := ""
	for field := range strings.SplitSeq(value, ",") {
		key, val, ok := strings.Cut(field, "=")
		key, val = strings.ToLower(tidy(key)), tidy(val)
		switch {
		case key == "type":
			entry.Type = val
		case ok:
			entry.Attrs[key] = val
		case key == typeGHA && entry.Type == "":
			entry.Type = typeGHA
		case last == "scope":
			entry.Attrs[last] += "," + tidy(field)
			continue
		default:
			return Entry{}, false
		}
		last = key
	}
	entry = entry.meant()
	return entry, entry.GHA()
}
