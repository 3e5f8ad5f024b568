package source

// align maps value to the bytes of src from start on. White space may differ: a
// scalar without escapes differs from its source in nothing else, whatever its
// style. It fails if the source has escapes.
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

// extend appends a run, or merges it with the last one if they are adjacent in the
// file.
func extend(runs []run, next run) []run {
	if len(runs) > 0 {
		last := &runs[len(runs)-1]
		if last.at+last.n == next.at && last.src+last.n == next.src && last.Origin.same(next.Origin) {
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
