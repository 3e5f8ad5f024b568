package source

import "slices"

// Origin is how a part of a value came about.
type Origin struct {
	Via    []Use // variables that were spliced in
	Many   bool  // one of several values of a variable
	Unsure bool  // read by line: an edit is a suggestion
	Fixed  bool  // an expression that is not resolved: not to be edited
}

func (o Origin) same(p Origin) bool {
	return slices.Equal(o.Via, p.Via) && o.Many == p.Many && o.Unsure == p.Unsure && o.Fixed == p.Fixed
}

// Origin returns the origin of value[i:], from the run that contains it.
func (t Text) Origin(i int) Origin {
	for _, r := range t.runs[t.firstRun(i):] {
		if r.at <= i && i < r.at+r.n {
			return r.Origin
		}
	}
	return Origin{Via: t.via}
}

// Use is a reference to a variable: the offset where it stands, and the one where
// its value does.
type Use struct {
	Name    string
	At, Def int
}

// From records that the text is the value of a variable that is used at an offset.
func (t Text) From(name string, at int) Text {
	u, was := Use{name, at, t.at}, t.via
	t.via = append(slices.Clip(was), u)
	return t.mark(func(o *Origin) {
		if slices.Equal(o.Via, was) {
			o.Via = t.via
			return
		}
		o.Via = append(slices.Clip(o.Via), u)
	})
}

// mark changes the origin of all parts.
func (t Text) mark(change func(*Origin)) Text {
	t.runs = slices.Clone(t.runs)
	for i := range t.runs {
		change(&t.runs[i].Origin)
	}
	return t
}

// Several records that a variable has other values, too.
func (t Text) Several() Text {
	if !slices.ContainsFunc(t.runs, func(r run) bool { return !r.Many }) {
		return t
	}
	return t.mark(func(o *Origin) { o.Many = true })
}

// Suggested records that t was read without a parser.
func (t Text) Suggested() Text { return t.mark(func(o *Origin) { o.Unsure = true }) }

// Unresolved records that t is an expression.
func (t Text) Unresolved() Text { return t.mark(func(o *Origin) { o.Fixed = true }) }

// Varies says that a variable is in the text, even one without a value.
func (t Text) Varies() bool { return len(t.via) > 0 }

// consistent says that a variable which is used twice has one value.
func (t Text) consistent() bool {
	if len(t.via) < 2 {
		return true
	}
	def := map[string]int{}
	for _, u := range t.via {
		if known, ok := def[u.Name]; ok && known != u.Def {
			return false
		}
		def[u.Name] = u.Def
	}
	return true
}
