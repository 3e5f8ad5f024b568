package migrate

import "slices"

// origin says how a part of a value got there.
type origin struct {
	via    []use // variables that were spliced in
	many   bool  // one of several values of a variable
	unsure bool  // read by line: an edit is a suggestion
	fixed  bool  // an expression that is not resolved: not to be edited
}

func (o origin) same(p origin) bool {
	return slices.Equal(o.via, p.via) && o.many == p.many && o.unsure == p.unsure && o.fixed == p.fixed
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
