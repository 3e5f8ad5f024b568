package cacheopts

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// maxNamed is how many targets a note names; of more it gives the number.
const maxNamed = 3

// remark is a note on its way: the requests it is about are put before its text.
type remark struct {
	Note

	places []string // Where of its requests, each once; nil: it is about no request in particular
}

// remarks has each note once, and once for all requests it is about.
type remarks []remark

func (rs *remarks) add(n Note) {
	again := func(r remark) bool { return r.places == nil && r.Level == n.Level && r.Text == n.Text }
	if n.Code != "" && !slices.ContainsFunc(*rs, again) {
		*rs = append(*rs, remark{Note: n})
	}
}

func (rs *remarks) about(req Request, n Note) {
	for i, r := range *rs {
		// The hints differ where the entries do; one shows how.
		if r.places != nil && r.Side == req.Side && r.Level == n.Level && r.Text == n.Text {
			r.Hint = cmp.Or(r.Hint, n.Hint)
			if !slices.Contains(r.places, req.Where) {
				r.places = append(r.places, req.Where)
			}
			(*rs)[i] = r
			return
		}
	}
	n.Side = req.Side
	*rs = append(*rs, remark{Note: n, places: []string{req.Where}})
}

// check adds the problems of an entry and reports whether it may be passed on.
// The hint that corrects all of them stands behind the last one.
func (rs *remarks) check(req Request, opts Options) bool {
	problems, usable := req.Entry.Check(req.Side), true
	for i, p := range problems {
		if opts.Strict {
			p.Level = LevelError
		}
		if slices.ContainsFunc(problems[i+1:], func(later Problem) bool { return later.Hint == p.Hint }) {
			p.Hint = ""
		}
		usable = usable && p.Level != LevelError
		rs.about(req, Note{Code: p.Code, Level: p.Level, Attr: p.Attr, Values: []string{p.Value}, Text: p.Text, Hint: req.hint(p)})
	}
	return usable
}

func (rs remarks) notes() []Note {
	var notes []Note
	for _, r := range rs {
		if r.places != nil {
			r.Text, r.Targets = place(r.Side, r.places)+": "+r.Text, named(r.places)
		}
		notes = append(notes, r.Note)
	}
	return notes
}

// named are the bake targets among places; a build has none.
func named(places []string) []string {
	if len(places) == 1 && places[0] == "" {
		return nil
	}
	return places
}

// place names a flag, or the key of bake targets.
func place(side Side, targets []string) string {
	if named(targets) == nil {
		return side.String()
	}
	return side.Name() + " of " + list(targets)
}

func list(targets []string) string {
	last := len(targets) - 1
	switch {
	case last == 0:
		return fmt.Sprintf("target %q", targets[0])
	case last >= maxNamed:
		return fmt.Sprintf("%d targets", len(targets))
	}
	quoted := make([]string, 0, last)
	for _, name := range targets[:last] {
		quoted = append(quoted, fmt.Sprintf("%q", name))
	}
	return fmt.Sprintf("targets %s and %q", strings.Join(quoted, ", "), targets[last])
}
