package migrate

import (
	"sort"
	"strings"
)

// run says that n bytes of a value, from at on, are the file's bytes from src on.
type run struct {
	at, src, n int
	origin
}

// text is a string with the way back to the file's bytes. Variables are spliced
// in with the bytes of their definition, so that a version found in the value
// is edited where it is written.
type text struct {
	value  string
	runs   []run
	at     int    // file offset to report for what has no run
	refuse string // why no part of it may be edited
	via    []use  // variables that were spliced in anywhere
}

// literal is a text that stands in src as it is.
func literal(src []byte, start, end int) text {
	return text{value: string(src[start:end]), runs: []run{{n: end - start, src: start}}, at: start}
}

// firstRun is the first run that reaches behind value[:i], len(t.runs) if there is none.
func (t text) firstRun(i int) int {
	return sort.Search(len(t.runs), func(k int) bool { return t.runs[k].at+t.runs[k].n >= i })
}

// span gives the file's bytes behind value[i:j], if they are in one piece.
func (t text) span(i, j int) (start, end int, ok bool) {
	for _, r := range t.runs[t.firstRun(i):] {
		if r.at > i {
			break
		}
		if j <= r.at+r.n {
			return r.src + i - r.at, r.src + j - r.at, t.refuse == "" && !r.fixed
		}
	}
	return 0, 0, false
}

// pos is the file offset to report for value[i:].
func (t text) pos(i int) int {
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

// cut is value[i:j] with its way back.
func (t text) cut(i, j int) text {
	out := t
	out.value, out.runs, out.at = t.value[i:j], nil, t.pos(i)
	for _, r := range t.runs[t.firstRun(i):] {
		if r.at > j {
			break
		}
		from, to := max(r.at, i), min(r.at+r.n, j)
		if from < to || (from == to && i == j) {
			out.runs = append(out.runs, run{from - i, r.src + from - r.at, to - from, r.origin})
		}
	}
	return out
}

// join strings parts together.
func join(parts ...text) text {
	var out text
	var value strings.Builder
	for _, p := range parts {
		if value.Len() == 0 {
			out.at = p.at
		}
		for _, r := range p.runs {
			out.runs = extend(out.runs, run{r.at + value.Len(), r.src, r.n, r.origin})
		}
		value.WriteString(p.value)
		out.via = append(out.via, p.via...)
		if out.refuse == "" {
			out.refuse = p.refuse
		}
	}
	out.value = value.String()
	return out
}

// splice replaces value[i:j] by with.
func (t text) splice(i, j int, with text) text {
	return join(t.cut(0, i), with, t.cut(j, len(t.value)))
}

// trim drops the characters of cutset from both ends.
func (t text) trim(cutset string) text {
	left := len(t.value) - len(strings.TrimLeft(t.value, cutset))
	right := len(strings.TrimRight(t.value, cutset))
	return t.cut(left, max(left, right))
}

// split cuts the value at every byte that sep reports, leaving out empty parts.
func (t text) split(sep func(rune) bool) []text {
	var out []text
	start := 0
	for start < len(t.value) {
		n := strings.IndexFunc(t.value[start:], sep)
		if n < 0 {
			n = len(t.value) - start
		}
		if n > 0 {
			out = append(out, t.cut(start, start+n))
		}
		start += n + 1
	}
	return out
}

func (t text) lines() []text { return t.split(func(r rune) bool { return r == '\n' }) }

func (t text) fields() []text {
	return t.split(func(r rune) bool { return strings.ContainsRune(" \t\r\n", r) })
}

// broken says that the value is not what stands in the file: a line break of
// a folded scalar became a space.
func (t text) broken() bool {
	at := 0
	for _, r := range t.runs {
		if r.at > at {
			return true
		}
		at = r.at + r.n
	}
	return at < len(t.value)
}
