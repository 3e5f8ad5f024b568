package ui

import (
	"encoding/json"
	"log"
	"strings"
	"testing"
	"unicode"

	"github.com/docker-ghacache/docker-ghacache/internal/hint"
)

func TestTextsOfOthersAreHarmless(t *testing.T) {
	for _, tt := range []struct {
		name       string
		show       func(string) string
		text, want string
	}{
		{"what can be printed stays", Text, "app/linux 缓存🚀 a::b # [x]", "app/linux 缓存🚀 a::b # [x]"},
		{"escapes of C0 and C1", Text, "\x1b[2J\u009b2J\a\x7f", "\ufffd[2J\ufffd2J\ufffd\ufffd"},
		{"ends of lines and tabs", Text, "a\nb\r\tc\u2028d", "a\ufffdb\ufffd\ufffdc\ufffdd"},
		{"bidirectional controls", Text, "a\u202eb\u2066c\u200fd", "a\ufffdb\ufffdc\ufffdd"},
		{"invisible characters", Text, "a\u200bb\ufeffc\U000e0041", "a\ufffdb\ufffdc\ufffd"},
		{"bytes that are no UTF-8", Text, "a\xff", "a\ufffd"},
		{"a workflow command", Text, "::error::evil", "\ufffd:error::evil"},
		{"a workflow command after white space", Text, "  \t::error::evil", "  \ufffd::error::evil"},
		{"a workflow command after spaces", Text, "  ::error::evil", "  \ufffd:error::evil"},
		{"more colons than a command needs", Text, "::::error::evil", "\ufffd:::error::evil"},
		{"a command of the old form, anywhere", Text, "a ###[error]evil", "a ###\ufffderror]evil"},
		{"a sentence has one line", Line, " a\n\tb \x1b", "a b \ufffd"},
		{"each line of an error", Lines, "a\r\n::error::b\n\tc", "a\n\ufffd:error::b\n c"},
		{"a file keeps its white space and its marks", Code, "\ufeffa\tb\r\n\u200dc\r\n", "\ufeffa\tb\r\n\u200dc\r\n"},
		{"a file with escapes", Code, "a\x1b\rb\ufffd\n\u202e", "a\ufffd\ufffdb\ufffd\n\ufffd"},
		{"a file with commands", Code, " ::error::b\n+##[x]", " \ufffd:error::b\n+##\ufffdx]"},
		{"commands that a template makes", NoCommands, "\x1b[1mx\n \u3000\n\u00a0::error::b\r::c", "\x1b[1mx\n \u3000\n\u00a0\ufffd:error::b\r\ufffd:c"},
		{"Markdown", Markdown, "a-b [c](d) <e> `f` *g*", "a-b &#91;c&#93;(d) &#60;e&#62; &#96;f&#96; &#42;g&#42;"},
		{"cells of Markdown", Markdown, "a|b\\|c\nd", "a&#124;b&#92;&#124;c d"},
		{"mentions and addresses in Markdown", Markdown, "@a #1 https://b.c", "&#64;\u200ba &#35;\u200b1 https&#58;//b&#46;c"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.show(tt.text); got != tt.want {
				t.Errorf("%q became %q, want %q", tt.text, got, tt.want)
			}
		})
	}
}

func TestJSONOfOthersIsHarmlessAndExact(t *testing.T) {
	text := "\x1b\u009b\u202e<&>\U000e0041##[error]\n::x 缓存🚀 \x7f\u2028"
	for _, write := range []func(*strings.Builder) error{
		func(b *strings.Builder) error { return WriteJSON(b, []string{text}) },
		func(b *strings.Builder) error { return WriteIndentedJSON(b, []string{text}) },
	} {
		var b strings.Builder
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		out := strings.TrimSuffix(b.String(), "\n")
		var back []string
		if err := json.Unmarshal([]byte(out), &back); err != nil || back[0] != text {
			t.Errorf("%s reads %q, %v", out, back, err)
		}
		if Code(out) != out || strings.Contains(out, "\\u003c") || !strings.Contains(out, "缓存🚀") {
			t.Errorf("wrote %q", out)
		}
	}
}

func TestNotesOfOthersAreHarmless(t *testing.T) {
	for _, tt := range []struct {
		notes Notes
		want  string
	}{
		{Notes{}, "error: a\ufffd\n  hint: rm\n  \ufffd:error::b\nhint: c\ufffd\n \ufffd:x\n"},
		{Notes{Annotate: true}, "::error::a\ufffd%0Ahint: rm%0A\ufffd:error::b\nhint: c\ufffd\n \ufffd:x\n"},
	} {
		var b strings.Builder
		tt.notes.W = &b
		tt.notes.Error(hint.With(errText("a\x1b\nhint: rm\n::error::b\n"), "c\x1b\n ::x"))
		if b.String() != tt.want {
			t.Errorf("got %q, want %q", b.String(), tt.want)
		}
	}
}

type errText string

func (e errText) Error() string { return string(e) }

func TestLogIsHarmless(t *testing.T) {
	var b strings.Builder
	log.New(Log(&b), "", 0).Print("::error::\x1b\n##[error]")
	if b.String() != "\ufffd:error::\ufffd\n##\ufffderror]\n" {
		t.Errorf("%q", b.String())
	}
}

func FuzzText(f *testing.F) {
	f.Add(" ::x##[\x1b\u202e|")
	f.Fuzz(func(t *testing.T, text string) {
		for _, line := range append(strings.Split(Lines(text), "\n"), Text(text), Line(text)) {
			if strings.HasPrefix(strings.TrimLeftFunc(line, unicode.IsSpace), "::") || strings.Contains(line, "##[") {
				t.Errorf("%q became the command %q", text, line)
			}
			if strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }) || Text(line) != line {
				t.Errorf("%q became %q", text, line)
			}
		}
		if markup := Markdown(text); strings.ContainsAny(markup, "|\\[]<>`*_~!\n") {
			t.Errorf("%q became %q", text, markup)
		}
	})
}
