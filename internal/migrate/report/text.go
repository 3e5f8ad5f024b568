package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/rules"
)

// Text writes the findings for people, one to three lines each:
//
//	FILE:LINE:COL: TEXT: WHY [RULE]
//	    fix: what the edit does
//
// and a line for every file that was skipped.
func Text(w io.Writer, r migrate.Report, colour bool) error {
	paint := func(code, s string) string {
		if !colour {
			return s
		}
		return "\x1b[" + code + "m" + s + "\x1b[m"
	}
	var out bytes.Buffer
	for _, fd := range r.Findings {
		at := fmt.Sprintf("%s:%d:%d:", oneLine(fd.File), fd.Line, fd.Col)
		label := fmt.Sprintf("[%s, %s]", fd.Rule, fd.Certainty)
		fmt.Fprintf(&out, "%s %s: %s %s\n", paint("1", at), oneLine(fd.Text), oneLine(fd.Why), paint(colourOf(fd.Certainty), label))
		if fix := fixOf(r, fd); fix != "" {
			fmt.Fprintf(&out, "    %s\n", oneLine(fix))
		}
	}
	for _, s := range r.Skipped {
		fmt.Fprintf(&out, "%s not checked: %s\n", paint("1", oneLine(s.File)+":"), oneLine(s.Why))
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

// oneLine also removes control characters.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return unicode.ReplacementChar
		}
		return r
	}, strings.Join(strings.Fields(s), " "))
}
