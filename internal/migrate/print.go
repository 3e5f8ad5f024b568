package migrate

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"unicode"
)

// Text writes the findings for people, one to three lines each:
//
//	FILE:LINE:COL: TEXT: WHY [RULE]
//	    fix: what the edit does
//
// and a line for every file that was skipped.
func (r Report) Text(w io.Writer, colour bool) error {
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
		fmt.Fprintf(&out, "%s %s: %s %s\n", paint("1", at), oneLine(fd.Text), oneLine(fd.Why), paint(fd.Certainty.colour(), label))
		if fix := r.fix(fd); fix != "" {
			fmt.Fprintf(&out, "    %s\n", oneLine(fix))
		}
	}
	for _, s := range r.Skipped {
		fmt.Fprintf(&out, "%s not checked: %s\n", paint("1", oneLine(s.File)+":"), oneLine(s.Why))
	}
	_, err := out.WriteTo(w)
	return err
}

// fix is what happens, or is to be done, about a finding.
func (r Report) fix(fd Finding) string {
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

func (c Certainty) colour() string {
	return map[Certainty]string{Certain: "31", Conditional: "33", Advice: "36"}[c]
}

// oneLine also keeps control characters of a file from a terminal.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return unicode.ReplacementChar
		}
		return r
	}, strings.Join(strings.Fields(s), " "))
}

// GitHub writes the findings as workflow commands, which a run shows beside the
// lines: https://docs.github.com/actions/reference/workflow-commands-for-github-actions
func (r Report) GitHub(w io.Writer) error {
	data := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	property := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
	var out bytes.Buffer
	for _, fd := range r.Findings {
		level := map[Certainty]string{Certain: "error", Conditional: "warning", Advice: "notice"}[fd.Certainty]
		message := oneLine(fd.Text) + ": " + fd.Why
		if fix := r.fix(fd); fix != "" {
			message += "\n" + fix
		}
		fmt.Fprintf(&out, "::%s file=%s,line=%d,col=%d,title=%s::%s\n", level, property.Replace(filepath.ToSlash(fd.File)),
			fd.Line, fd.Col, property.Replace(fd.Rule), data.Replace(message))
	}
	for _, s := range r.Skipped {
		fmt.Fprintf(&out, "::warning file=%s::%s\n", property.Replace(filepath.ToSlash(s.File)), data.Replace("not checked: "+s.Why))
	}
	_, err := out.WriteTo(w)
	return err
}
