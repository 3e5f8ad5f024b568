package report

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/rules"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
)

// grouped returns the findings that are advice, or the others. Findings that say the
// same are together, at the place of the first.
func grouped(r migrate.Report, advice bool) (out [][]migrate.Finding) {
	at := map[string]int{}
	for _, fd := range r.Findings {
		if (fd.Certainty == rules.Advice) != advice {
			continue
		}
		id := strings.Join([]string{fd.Rule, string(fd.Certainty), fd.Text, fd.Why, fixOf(r, fd)}, "\x00")
		i, ok := at[id]
		if !ok {
			i = len(out)
			at[id] = i
			out = append(out, nil)
		}
		out[i] = append(out[i], fd)
	}
	return out
}

type printer struct {
	out    *bytes.Buffer
	colour bool
}

func (p printer) paint(code, s string) string {
	if !p.colour {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[m"
}

// maxPlaces limits the places that a group lists.
const maxPlaces = 5

func (p printer) group(r migrate.Report, all []migrate.Finding) {
	fd := all[0]
	label := fmt.Sprintf("[%s, %s]", fd.Rule, fd.Certainty)
	fmt.Fprintf(p.out, "%s %s: %s %s\n", p.paint("1", place(fd)+":"), ui.Line(fd.Text), ui.Line(fd.Why), p.paint(colourOf(fd.Certainty), label))
	if fix := fixOf(r, fd); fix != "" {
		fmt.Fprintf(p.out, "    %s\n", ui.Line(fix))
	}
	var also []string
	for _, other := range all[1:min(len(all), maxPlaces+1)] {
		also = append(also, place(other))
	}
	if more := len(all) - 1 - len(also); more > 0 {
		also = append(also, count(more, "more place"))
	}
	if len(also) > 0 {
		fmt.Fprintf(p.out, "    also at %s\n", strings.Join(also, ", "))
	}
}

func place(fd migrate.Finding) string {
	return fmt.Sprintf("%s:%d:%d", ui.Text(fd.File), fd.Line, fd.Col)
}

// Closing is the last line: what was looked at, what was found, and what is left to do.
// Programs are those of this machine whose versions are known. Written says that the
// edits were made.
func Closing(s migrate.Summary, programs int, written bool) string {
	line := count(s.Files, "file") + " read"
	if s.Failed > 0 {
		line += fmt.Sprintf(", %d could not be read", s.Failed)
	}
	if programs > 0 {
		line += ", " + count(programs, "program") + " of this machine checked"
	}
	line += ": " + count(s.Findings, "finding")
	if s.Findings > 0 {
		now := map[bool]string{true: "fixed", false: "fixable now (--write)"}[written]
		line += fmt.Sprintf(", %d %s, %d with --unsafe, %d by hand", s.Fixable, now, s.Unsafe, s.ByHand)
	}
	if s.Advice > 0 {
		line += fmt.Sprintf("; advice: %d", s.Advice)
	}
	return line
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
