package source

import (
	"bytes"
	"slices"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/lazyregexp"
)

var (
	// reasonRE matches what people write beside a version that they chose.
	reasonRE = lazyregexp.New(`(?i)\b(?:newer|newest that|later versions?|breaks?|breaking|broken|bugs?|buggy|reproduc\w*|minimum|minimal version|oldest|lowest|` +
		`regress\w*|incompatib\w*|compatib\w*|work ?arounds?|on purpose|deliberate\w*|do(?:es)? not|do(?:es)?n['’]?t|fail(?:s|ed|ing|ure)?|crash\w*|hangs?|downgrad\w*|revert\w*|until|because|unsupported|known issue)\b` +
		`|/issues/\d|/pull/\d`)
	// nameRE matches the names of steps, jobs and variables that say the same.
	nameRE = lazyregexp.New(`(?i)(?:\b|_)(?:min|minimum|oldest|lowest|reproduc\w*|regression|compat\w*|bug)(?:\b|_)`)
	stepRE = lazyregexp.New(`^\s*(?:-\s+)?name:\s*(.*)`)
	noteRE = lazyregexp.New(`(?:^|\s)(?:#|//)\s?(.*)$`)
)

// Bounds of how far a reason is from what it is about.
const (
	reasonBytes = 2 << 10
	reasonLines = 60
	reasonSteps = 4
)

// Reason is what stands beside the bytes at an offset, or beside what they are part
// of, and says why they are as they are. It is empty if there is nothing.
func Reason(src []byte, at int) string {
	own := above(src, at)
	rest := own
	for step := 0; step < reasonSteps && rest.some(); step++ {
		line := rest.last()
		if found := reasonIn(line); found != "" {
			return found
		}
		for rest.drop(); rest.some() && isNote(rest.last()); rest.drop() {
			if found := reasonIn(rest.last()); found != "" {
				return found
			}
		}
		if item := strings.HasPrefix(strings.TrimLeft(line, " "), "- "); item || indentOf(line) == 0 {
			return namedAfter(own, indentOf(line), item)
		}
		for rest.some() && (strings.TrimSpace(rest.last()) == "" || indentOf(rest.last()) >= indentOf(line)) {
			rest.drop()
		}
	}
	return ""
}

// lines are those up to some offset, as far as they are looked at, of which the last
// is looked at first.
type lines struct {
	text []byte
	left int
}

// above are the lines up to the one at an offset.
func above(src []byte, at int) lines {
	end := at
	if n := bytes.IndexByte(src[at:min(len(src), at+reasonBytes)], '\n'); n >= 0 {
		end += n
	}
	return lines{src[max(0, at-reasonBytes):end], reasonLines}
}

func (l *lines) some() bool { return l.left > 0 }

// last is the last line, without carriage returns.
func (l *lines) last() string {
	return strings.ReplaceAll(string(l.text[bytes.LastIndexByte(l.text, '\n')+1:]), "\r", "")
}

// drop drops the last line.
func (l *lines) drop() {
	at := bytes.LastIndexByte(l.text, '\n')
	if l.left--; at < 0 {
		at, l.left = 0, 0
	}
	l.text = l.text[:at]
}

// namedAfter is the name of the step around the last line, if it says why.
func namedAfter(all lines, indent int, item bool) string {
	for ; item && all.some() && indentOf(all.last()) >= indent; all.drop() {
		if m := stepRE().FindStringSubmatch(all.last()); m != nil && says(m[1]) {
			return m[1]
		}
	}
	return ""
}

func reasonIn(line string) string {
	code := line
	if m := noteIn(line); m != nil {
		if note := line[m[2]:m[3]]; reasonRE().MatchString(note) {
			return strings.TrimSpace(note)
		}
		code = line[:m[0]]
	}
	if name, _, ok := strings.Cut(code, ":"); ok && says(name) {
		return strings.TrimSpace(name)
	}
	if name, _, ok := strings.Cut(code, "="); ok && !strings.ContainsAny(strings.TrimSpace(name), " \t") && says(name) {
		return strings.TrimSpace(name)
	}
	return ""
}

// says reports whether a name is like nameRE. Most have none of its words, which takes
// no expression.
func says(name string) bool {
	lower := strings.ToLower(name)
	return slices.ContainsFunc([]string{"min", "oldest", "lowest", "repro", "regress", "compat", "bug"}, func(word string) bool {
		return strings.Contains(lower, word)
	}) && nameRE().MatchString(name)
}

// noteIn is where a line has a comment, and its text.
func noteIn(line string) []int {
	if !strings.Contains(line, "#") && !strings.Contains(line, "//") {
		return nil
	}
	return noteRE().FindStringSubmatchIndex(line)
}

func isNote(line string) bool {
	line = strings.TrimSpace(line)
	return strings.HasPrefix(line, "#") || strings.HasPrefix(line, "//")
}

func indentOf(line string) int { return len(line) - len(strings.TrimLeft(line, " \t")) }
