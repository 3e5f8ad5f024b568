package source

import (
	"bytes"
	"regexp"
	"strings"
)

var (
	// reasonRE matches what people write beside a version that they chose.
	reasonRE = regexp.MustCompile(`(?i)\b(?:newer|newest that|later versions?|breaks?|breaking|broken|bugs?|buggy|reproduc\w*|minimum|minimal version|oldest|lowest|` +
		`regress\w*|incompatib\w*|compatib\w*|work ?arounds?|on purpose|deliberate\w*|do(?:es)? not|do(?:es)?n['’]?t|fail(?:s|ed|ing|ure)?|crash\w*|hangs?|downgrad\w*|revert\w*|until|because|unsupported|known issue)\b` +
		`|/issues/\d|/pull/\d`)
	// nameRE matches the names of steps, jobs and variables that say the same.
	nameRE = regexp.MustCompile(`(?i)(?:\b|_)(?:min|minimum|oldest|lowest|reproduc\w*|regression|compat\w*|bug)(?:\b|_)`)
	stepRE = regexp.MustCompile(`^\s*(?:-\s+)?name:\s*(.*)`)
	noteRE = regexp.MustCompile(`(?:^|\s)(?:#|//)\s?(.*)$`)
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
	lines := own
	for step := 0; step < reasonSteps && len(lines) > 0; step++ {
		last := len(lines) - 1
		line := lines[last]
		if found := reasonIn(line); found != "" {
			return found
		}
		lines = lines[:last]
		for len(lines) > 0 && isNote(lines[len(lines)-1]) {
			if found := reasonIn(lines[len(lines)-1]); found != "" {
				return found
			}
			lines = lines[:len(lines)-1]
		}
		if item := strings.HasPrefix(strings.TrimLeft(line, " "), "- "); item || indentOf(line) == 0 {
			return namedAfter(own, indentOf(line), item)
		}
		for len(lines) > 0 && (strings.TrimSpace(lines[len(lines)-1]) == "" || indentOf(lines[len(lines)-1]) >= indentOf(line)) {
			lines = lines[:len(lines)-1]
		}
	}
	return ""
}

// above are the lines up to the one at an offset, as far as they are looked at.
func above(src []byte, at int) []string {
	end := at
	if n := bytes.IndexByte(src[at:min(len(src), at+reasonBytes)], '\n'); n >= 0 {
		end += n
	}
	text := string(src[max(0, at-reasonBytes):end])
	lines := strings.Split(strings.ReplaceAll(text, "\r", ""), "\n")
	return lines[max(0, len(lines)-reasonLines):]
}

// namedAfter is the name of the step around the last line, if it says why.
func namedAfter(lines []string, indent int, item bool) string {
	for i := len(lines) - 1; item && i >= 0 && indentOf(lines[i]) >= indent; i-- {
		if m := stepRE.FindStringSubmatch(lines[i]); m != nil && nameRE.MatchString(m[1]) {
			return m[1]
		}
	}
	return ""
}

func reasonIn(line string) string {
	code := line
	if m := noteRE.FindStringSubmatchIndex(line); m != nil {
		if note := line[m[2]:m[3]]; reasonRE.MatchString(note) {
			return strings.TrimSpace(note)
		}
		code = line[:m[0]]
	}
	if name, _, ok := strings.Cut(code, ":"); ok && nameRE.MatchString(name) {
		return strings.TrimSpace(name)
	}
	if name, _, ok := strings.Cut(code, "="); ok && !strings.ContainsAny(strings.TrimSpace(name), " \t") && nameRE.MatchString(name) {
		return strings.TrimSpace(name)
	}
	return ""
}

func isNote(line string) bool {
	line = strings.TrimSpace(line)
	return strings.HasPrefix(line, "#") || strings.HasPrefix(line, "//")
}

func indentOf(line string) int { return len(line) - len(strings.TrimLeft(line, " \t")) }
