package guide

import (
	"fmt"
	"regexp"
	"strings"
)

// Block is a fenced block of a page.
type Block struct {
	Line   int    // of its text in the page, from 1
	Lang   string // the word behind the fence
	Text   string // without the indentation of the fence
	Reason string // why it is not run; empty: it is
	File   string // the file that it is; empty: it is none
}

// runs tells the languages that the tests can run. A block of another one must have a reason.
func runs(language string) bool {
	return language == "console" || language == "sh" || language == "yaml"
}

var (
	fence    = regexp.MustCompile("^( *)```(.*)$")
	reason   = regexp.MustCompile(`^ *<!-- not run: (.+) -->$`)
	fileName = regexp.MustCompile(`^# ((?:[\w.-]+/)*(?:[\w-]*\.[\w.-]+|Dockerfile))\n`)
)

// Blocks returns the fenced blocks of a page. It fails on a fence that is not closed, and on a block that a test can
// neither run nor leave out for a reason.
func Blocks(page string) ([]Block, error) {
	var blocks []Block
	var open *Block
	indent, why := "", ""
	for i, line := range strings.Split(page, "\n") {
		m := fence.FindStringSubmatch(line)
		switch {
		case m == nil && open != nil:
			open.Text += strings.TrimPrefix(line, indent) + "\n"
		case m == nil:
			if found := reason.FindStringSubmatch(line); found != nil {
				why = found[1]
			} else if strings.TrimSpace(line) != "" {
				why = "" // it is about the block behind it only
			}
		case open == nil:
			indent, open = m[1], &Block{Line: i + 2, Lang: m[2], Reason: why}
		default:
			if err := open.finish(); err != nil {
				return nil, err
			}
			blocks, open, why = append(blocks, *open), nil, ""
		}
	}
	if open != nil {
		return nil, fmt.Errorf("line %d: the block does not end", open.Line)
	}
	return blocks, nil
}

func (b *Block) finish() error {
	if m := fileName.FindStringSubmatch(b.Text); m != nil {
		b.File = m[1]
	}
	if b.File == "" && b.Reason == "" && !runs(b.Lang) {
		return fmt.Errorf("line %d: a block with the language %q is not run, and no comment before it says why", b.Line, b.Lang)
	}
	return nil
}

// code is a span of code in a sentence.
var code = regexp.MustCompile("`([^`]+)`")

// Spans returns the code in the sentences of a page, without its blocks.
func Spans(page string) []string {
	var prose strings.Builder
	inside := false
	for line := range strings.Lines(page) {
		if fence.MatchString(strings.TrimSuffix(line, "\n")) {
			inside = !inside
		} else if !inside {
			prose.WriteString(strings.ReplaceAll(line, "\n", " "))
		}
	}
	var spans []string
	for _, m := range code.FindAllStringSubmatch(prose.String(), -1) {
		spans = append(spans, m[1])
	}
	return spans
}
