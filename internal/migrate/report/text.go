package report

import (
	"bytes"
	"fmt"
	"io"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/rules"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
)

// Text writes the findings for people, and advice after everything else:
//
//	FILE:LINE:COL: TEXT: WHY [RULE]
//	    fix: what the edit does
//	    also at FILE:LINE:COL
//
// and a line for every file that was skipped. Findings that say the same are written
// once.
func Text(w io.Writer, r migrate.Report, colour bool) error {
	var out bytes.Buffer
	p := printer{&out, colour}
	for _, g := range grouped(r, false) {
		p.group(r, g)
	}
	for _, s := range r.Skipped {
		what := map[bool]string{true: "error: cannot read it", false: "not checked"}[s.Failed]
		fmt.Fprintf(&out, "%s %s: %s\n", p.paint("1", ui.Text(s.File)+":"), what, ui.Line(s.Why))
	}
	advice := grouped(r, true)
	for _, part := range []struct {
		title  string
		wanted bool
	}{{"Advice that counts, because --bump-actions or --unsafe asks for it:", true}, {"Advice, which does not count:", false}} {
		title := part.title
		for _, g := range advice {
			if r.Wanted(g[0]) != part.wanted {
				continue
			}
			if title != "" {
				fmt.Fprintln(&out, p.paint("1", title))
				title = ""
			}
			p.group(r, g)
		}
	}
	_, err := out.WriteTo(w)
	return err
}

// fixOf says what Write does about a finding, or what the user has to do.
func fixOf(r migrate.Report, fd migrate.Finding) string {
	switch {
	case r.Wanted(fd):
		return "fix: " + fd.Fix
	case len(fd.Edits) > 0:
		return "fix: " + fd.Fix + " (with --unsafe)"
	case fd.Fix != "" && fd.NoFix != "":
		return "by hand: " + fd.Fix + " (" + fd.NoFix + ")"
	case fd.NoFix != "":
		return "by hand: " + fd.NoFix
	}
	return ""
}

func colourOf(c rules.Certainty) string {
	return map[rules.Certainty]string{rules.Certain: "31", rules.Conditional: "33", rules.Advice: "36"}[c]
}
