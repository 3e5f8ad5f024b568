package source

import (
	"slices"
	"sort"
	"strings"
)

// run maps n bytes of a value, from at on, to the file's bytes from src on.
type run struct {
	at, src, n int
	Origin
}

// Text is a string that knows the file's bytes that it came from. The value of a
// variable keeps the bytes of its definition, so that an edit changes a version
// where it is written.
type Text struct {
	Value string

	src    []byte // of the file
	runs   []run
	at     int    // file offset to report for what has no run
	refuse string // why no part of it may be edited
	via    []Use  // variables that were spliced in anywhere
}

// Literal is a text that is in src unchanged.
func Literal(src []byte, start, end int) Text {
	return Text{Value: string(src[start:end]), src: src, runs: []run{{n: end - start, src: start}}, at: start}
}

// Opaque is a value that starts at an offset of src and cannot be edited, for the
// reason given.
func Opaque(src []byte, value string, at int, why string) Text {
	return Text{Value: value, src: src, at: at, refuse: why}
}

// Empty is a text without a value, to which others are joined.
func Empty(src []byte, at int) Text { return Text{src: src, at: at} }

// Refuse forbids all edits of t, for the reason given. The first reason stays.
func (t Text) Refuse(why string) Text {
	if t.refuse == "" {
		t.refuse = why
	}
	return t
}

// File returns the content of the file of t.
func (t Text) File() []byte { return t.src }

// firstRun is the first run that reaches behind value[:i], len(t.runs) if there is none.
func (t Text) firstRun(i int) int {
	return sort.Search(len(t.runs), func(k int) bool { return t.runs[k].at+t.runs[k].n >= i })
}

// Span returns the file's bytes of value[i:j], if they are in one piece.
func (t Text) Span(i, j int) (start, end int, ok bool) {
	for _, r := range t.runs[t.firstRun(i):] {
		if r.at > i {
			break
		}
		if j <= r.at+r.n {
			return r.src + i - r.at, r.src + j - r.at, t.refuse == "" && !r.Fixed
		}
	}
	return 0, 0, false
}

// Pos returns the file offset to report for value[i:].
func (t Text) Pos(i int) int {
	for _, r := range t.runs[t.firstRun(i):] {
		if r.at <= i && i < r.at+r.n {
			return r.src + i - r.at
		}
		if r.at > i {
			break
		}
	}
	return t.at
}

// Cut returns value[i:j], with its bytes.
func (t Text) Cut(i, j int) Text {
	out := t
	out.Value, out.runs, out.at = t.Value[i:j], nil, t.Pos(i)
	for _, r := range t.runs[t.firstRun(i):] {
		if r.at > j {
			break
		}
		from, to := max(r.at, i), min(r.at+r.n, j)
		if from < to || (from == to && i == j) {
			out.runs = append(out.runs, run{from - i, r.src + from - r.at, to - from, r.Origin})
		}
	}
	return out
}

// Join strings parts together.
func Join(parts ...Text) Text {
	var out Text
	length, count := 0, 0
	for _, p := range parts {
		length, count = length+len(p.Value), count+len(p.runs)
	}
	var value strings.Builder
	value.Grow(length)
	out.runs = make([]run, 0, count)
	for _, p := range parts {
		if value.Len() == 0 {
			out.at = p.at
		}
		if out.src == nil {
			out.src = p.src
		}
		for _, r := range p.runs {
			out.runs = extend(out.runs, run{r.at + value.Len(), r.src, r.n, r.Origin})
		}
		value.WriteString(p.Value)
		out.use(p.via)
		if out.refuse == "" {
			out.refuse = p.refuse
		}
	}
	out.Value = value.String()
	return out
}

// use adds the uses that are not there yet: the parts of one text share theirs.
func (t *Text) use(more []Use) {
	for _, u := range more {
		if !slices.Contains(t.via, u) {
			t.via = append(t.via, u)
		}
	}
}

// Append adds words that are not in the file at that place.
func (t Text) Append(words string) Text {
	t.Value += words
	return t
}

// Splice replaces value[i:j] by with.
func (t Text) Splice(i, j int, with Text) Text {
	return Join(t.Cut(0, i), with, t.Cut(j, len(t.Value)))
}

// Trim drops the characters of cutset from both ends.
func (t Text) Trim(cutset string) Text {
	left := len(t.Value) - len(strings.TrimLeft(t.Value, cutset))
	right := len(strings.TrimRight(t.Value, cutset))
	return t.Cut(left, max(left, right))
}

// Bare drops the quotes and the punctuation around a word of a script. Brackets that
// belong to a variable in the word stay.
func (t Text) Bare() Text {
	for {
		n := len(t.Value)
		t = t.Trim("\"'`\\;")
		for _, pair := range []string{"()", "{}"} {
			open, end := strings.Count(t.Value, pair[:1]), strings.Count(t.Value, pair[1:])
			if strings.HasPrefix(t.Value, pair[:1]) && (open > end || strings.HasSuffix(t.Value, pair[1:])) {
				t = t.Cut(1, len(t.Value))
			} else if strings.HasSuffix(t.Value, pair[1:]) && end > open {
				t = t.Cut(0, len(t.Value)-1)
			}
		}
		if len(t.Value) == n {
			return t
		}
	}
}

// split cuts the value at every byte that sep reports, leaving out empty parts.
func (t Text) split(sep func(rune) bool) []Text {
	var out []Text
	start := 0
	for start < len(t.Value) {
		n := strings.IndexFunc(t.Value[start:], sep)
		if n < 0 {
			n = len(t.Value) - start
		}
		if n > 0 {
			out = append(out, t.Cut(start, start+n))
		}
		start += n + 1
	}
	return out
}

// Lines are the lines that are not empty.
func (t Text) Lines() []Text { return t.split(func(r rune) bool { return r == '\n' }) }

// Fields are the words between white space.
func (t Text) Fields() []Text {
	return t.split(func(r rune) bool { return strings.ContainsRune(" \t\r\n", r) })
}

// Broken says that a line break of a folded scalar became a space: the value is not
// what stands in the file.
func (t Text) Broken() bool {
	at := 0
	for _, r := range t.runs {
		if blanks(t.Value[at:]) > 0 && r.at > at {
			return true
		}
		at = r.at + r.n
	}
	return blanks(t.Value[at:]) > 0
}
