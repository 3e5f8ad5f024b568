package ui

import (
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf16"

	"github.com/docker-ghacache/docker-ghacache/internal/lazyregexp"
)

// Text makes a text of others harmless on one line of a terminal and of a job's log: it puts U+FFFD in the place of
// characters that cannot be printed (control characters, among them tabs and the ends of lines; bidirectional
// controls; spaces other than U+0020; invisible characters), and of the character that makes it a workflow command.
func Text(text string) string {
	return NoCommands(strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, text))
}

// Line is [Text] for sentences: all white space becomes one space.
func Line(text string) string { return Text(strings.Join(strings.Fields(text), " ")) }

// Lines is [Text] for each line of a text. Tabs become spaces.
func Lines(text string) string {
	lines := strings.Split(strings.NewReplacer("\t", " ", "\r\n", "\n").Replace(text), "\n")
	for i, line := range lines {
		lines[i] = Text(line)
	}
	return strings.Join(lines, "\n")
}

// Code is for files of others, in which white space and invisible characters matter: it replaces control characters,
// bidirectional controls and workflow commands.
func Code(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		body := strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
		b.WriteString(strings.Map(func(r rune) rune {
			if unicode.IsControl(r) && r != '\t' || unicode.Is(unicode.Bidi_Control, r) {
				return unicode.ReplacementChar
			}
			return r
		}, body) + line[len(body):])
	}
	return NoCommands(b.String())
}

// A runner trims what .NET takes for white space, and ends a line at a carriage return, too
// (actions/runner, src/Runner.Common/ActionCommand.cs).
var command = lazyregexp.New(`(^|[\r\n])([\s\v\x{85}\p{Z}]*):(:)`)

// NoCommands keeps the lines of a text from being workflow commands. A runner obeys `::` at the start of a line, and
// `##[` anywhere in it.
func NoCommands(text string) string {
	text = strings.ReplaceAll(text, "##[", "##\ufffd")
	if !strings.Contains(text, "::") {
		return text
	}
	return command().ReplaceAllString(text, "${1}${2}\ufffd${3}")
}

// Log makes what is written to w harmless, see [Lines]. Each write must be of whole lines, as those of a log.Logger are.
func Log(w io.Writer) io.Writer { return logWriter{w} }

type logWriter struct{ w io.Writer }

func (l logWriter) Write(p []byte) (int, error) {
	if _, err := io.WriteString(l.w, Lines(string(p))); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Markdown makes a text of others harmless in Markdown: nothing in it is markup, HTML, a link or a mention.
func Markdown(text string) string {
	var b strings.Builder
	for _, r := range Line(text) {
		switch {
		case r == '@' || r == '#':
			fmt.Fprintf(&b, "&#%d;\u200b", r) // GitHub looks for mentions after it has resolved entities
		case r < unicode.MaxASCII && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(" -,/()%;", r):
			fmt.Fprintf(&b, "&#%d;", r) // an entity is never structure
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// harmlessJSON escapes in JSON what a terminal or a runner would obey. The value stays the same, because all of it is
// in strings.
func harmlessJSON(text string) string {
	var b strings.Builder
	for _, r := range strings.ReplaceAll(text, "##[", `##\u005b`) {
		if unicode.IsPrint(r) || r == '\n' {
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16.AppendRune(nil, r) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return b.String()
}
