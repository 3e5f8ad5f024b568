package guide

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Command is a command of a block, with what the page says that it prints.
type Command struct {
	Line   int      // in the page, from 1
	Text   string   // one shell command, which may have several lines
	Output []string // lines; nil: the page does not say
}

// Commands returns the commands of a console block, and the whole of a script. Others have none.
func (b Block) Commands() ([]Command, error) {
	switch b.Lang {
	case "sh":
		return []Command{{Line: b.Line, Text: b.Text}}, nil
	case "console":
		return b.console()
	}
	return nil, nil
}

func (b Block) console() ([]Command, error) {
	var commands []Command
	continues := false
	for i, line := range strings.Split(strings.TrimSuffix(b.Text, "\n"), "\n") {
		text, isCommand := strings.CutPrefix(line, "$ ")
		last := len(commands) - 1
		switch {
		case isCommand:
			commands = append(commands, Command{Line: b.Line + i, Text: text})
		case last < 0:
			if strings.TrimSpace(line) != "" {
				return nil, fmt.Errorf("line %d: %q is in front of the first command", b.Line+i, line)
			}
		case continues:
			commands[last].Text += "\n" + line
		case strings.TrimSpace(line) != "":
			commands[last].Output = append(commands[last].Output, line)
		}
		continues = (isCommand || continues) && strings.HasSuffix(line, `\`)
	}
	return commands, nil
}

// Fails reports whether the page shows that the command fails.
func (c Command) Fails() bool {
	return slices.ContainsFunc(c.Output, failure.MatchString)
}

var failure = regexp.MustCompile(`^(?i:error: |::error::)`)

// Compare returns an error if the command printed something else than the page shows. The page may leave lines out. A
// number is any number, a run of white space any other, and "..." is any text.
func (c Command) Compare(printed string) error {
	rest := strings.Split(printed, "\n")
	for _, line := range c.Output {
		pattern := loosely(line)
		found := false
		for !found && len(rest) > 0 {
			found, rest = pattern.MatchString(rest[0]), rest[1:]
		}
		if !found {
			return fmt.Errorf("%q does not print %q in this place, but\n%s", c.Text, line, printed)
		}
	}
	return nil
}

const number = `\d+(?:\.\d+)?(?: ?(?:[kKMG]i?)?B\b)?`

var token = regexp.MustCompile(`\s+|\.\.\.|` + number)

// loosely is the pattern of a line.
func loosely(line string) *regexp.Regexp {
	var pattern strings.Builder
	rest := strings.TrimSpace(line)
	for rest != "" {
		at := token.FindStringIndex(rest)
		if at == nil {
			at = []int{len(rest), len(rest)}
		}
		pattern.WriteString(regexp.QuoteMeta(rest[:at[0]]))
		switch word := rest[at[0]:at[1]]; {
		case word == "":
		case word == "...":
			pattern.WriteString(`.*`)
		case strings.TrimSpace(word) == "":
			pattern.WriteString(`\s+`)
		default:
			pattern.WriteString(number)
		}
		rest = rest[at[1]:]
	}
	return regexp.MustCompile(`^\s*` + pattern.String() + `\s*$`)
}
