package migrate

import (
	"slices"
	"strings"
)

// run says that n bytes of a value, from at on, are the file's bytes from src on.
type run struct {
	at, src, n int
	origin
}

// origin says how a part of a value got there.
type origin struct {
	via    []use // variables that were spliced in
	many   bool  // one of several values of a variable
	unsure bool  // read by line: an edit is a suggestion
	fixed  bool  // an expression that is not resolved: not to be edited
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

// span gives the file's bytes behind value[i:j], if they are in one piece.
func (t text) span(i, j int) (start, end int, ok bool) {
	for _, r := range t.runs {
		if r.at <= i && j <= r.at+r.n {
			return r.src + i - r.at, r.src + j - r.at, t.refuse == "" && !r.fixed
		}
	}
	return 0, 0, false
}

// origin is that of value[i:], by the run that holds it.
func (t text) origin(i int) origin {
	for _, r := range t.runs {
		if r.at <= i && i < r.at+r.n {
			return r.origin
		}
	}
	return origin{via: t.via}
}

// pos is the file offset to report for value[i:].
func (t text) pos(i int) int {
	for _, r := range t.runs {
		if r.at <= i && i < r.at+r.n {
			return r.src + i - r.at
		}
	}
	return t.at
}

// cut is value[i:j] with its way back.
func (t text) cut(i, j int) text {
	out := t
	out.value, out.runs, out.at = t.value[i:j], nil, t.pos(i)
	for _, r := range t.runs {
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
			out.runs = append(out.runs, run{r.at + value.Len(), r.src, r.n, r.origin})
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

// use is a reference to a variable: where it stands, and where its value does.
type use struct {
	name    string
	at, def int
}

// from records that the text came out of a variable that is used at an offset.
func (t text) from(name string, at int) text {
	u := use{name, at, t.at}
	t.via = append(slices.Clone(t.via), u)
	return t.mark(func(o *origin) { o.via = append(slices.Clone(o.via), u) })
}

// mark changes the origin of all parts.
func (t text) mark(change func(*origin)) text {
	t.runs = slices.Clone(t.runs)
	for i := range t.runs {
		change(&t.runs[i].origin)
	}
	return t
}

// several records that a variable has other values, too.
func (t text) several() text { return t.mark(func(o *origin) { o.many = true }) }

// suggested records that t was read without a parser.
func (t text) suggested() text { return t.mark(func(o *origin) { o.unsure = true }) }

// unresolved records that t is an expression.
func (t text) unresolved() text { return t.mark(func(o *origin) { o.fixed = true }) }

// consistent says that a variable which is used twice has one value.
func (t text) consistent() bool {
	def := map[string]int{}
	for _, u := range t.via {
		if known, ok := def[u.name]; ok && known != u.def {
			return false
		}
		def[u.name] = u.def
	}
	return true
}

// combine gives every value followed by every other.
func combine(values, others []text, with func(a, b text) text) []text {
	var out []text
	for _, a := range values {
		for _, b := range others {
			if c := with(a, b); c.consistent() && len(out) < maxValues {
				out = append(out, c)
			}
		}
	}
	return out
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

// align pairs value with the bytes of src from start on, letting white space
// differ: that is all in which a scalar without escapes differs from its
// source, whatever its style. It fails where the source holds escapes.
func align(value string, src []byte, start int) ([]run, bool) {
	var runs []run
	i, p := 0, start
	for i < len(value) {
		v, s := blanks(value[i:]), blanks(src[p:])
		if v == 0 && s > 0 && i > 0 || v > 0 && s == 0 && i+v < len(value) {
			return nil, false
		}
		if v != s || value[i:i+v] != string(src[p:p+s]) {
			i, p = i+v, p+s
			v = 0
		}
		n := v
		for i+n < len(value) && p+n < len(src) && value[i+n] == src[p+n] && !blank(value[i+n]) {
			n++
		}
		if n == 0 && i < len(value) {
			return nil, false
		}
		runs = extend(runs, run{at: i, src: p, n: n})
		i, p = i+n, p+n
	}
	return runs, true
}

func extend(runs []run, next run) []run {
	if len(runs) > 0 {
		last := &runs[len(runs)-1]
		if last.at+last.n == next.at && last.src+last.n == next.src {
			last.n += next.n
			return runs
		}
	}
	if next.n == 0 {
		return runs
	}
	return append(runs, next)
}

func blank(b byte) bool { return b == ' ' || b == '\t' || b == '\n' || b == '\r' }

func blanks[T string | []byte](s T) int {
	n := 0
	for n < len(s) && blank(s[n]) {
		n++
	}
	return n
}
