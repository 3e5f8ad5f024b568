package report

import (
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/aymanbagabas/go-udiff"

	"github.com/docker-ghacache/docker-ghacache/internal/lazyregexp"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate"
)

// Diff writes the wanted edits as one unified diff that git apply takes. Each line goes
// through show before it is coloured; nil keeps the lines as they are.
func Diff(w io.Writer, r migrate.Report, colour bool, show func(line string) string) error {
	changes, err := r.Changes()
	if err != nil {
		return err
	}
	for _, c := range changes {
		path := strings.TrimPrefix(filepath.ToSlash(c.Real), "/")
		if err := writeDiff(w, path, string(c.Was), string(c.Now), colour, show); err != nil {
			return fmt.Errorf("printing the diff: %w", err)
		}
	}
	return nil
}

// writeDiff writes a unified diff of one file, with the colours of git diff.
func writeDiff(w io.Writer, path, was, now string, colour bool, show func(string) string) error {
	diff, err := udiff.ToUnified("a/"+path, "b/"+path, was, udiff.Lines(was, now), udiff.DefaultContextLines)
	if err != nil {
		return err
	}
	grown := 0
	for line := range strings.Lines(diff) {
		line, grown = renumber(line, grown)
		if show != nil {
			line = show(line)
		}
		if colour {
			line = paint(line)
		}
		if _, err := io.WriteString(w, line); err != nil {
			return err
		}
	}
	return nil
}

var hunkRE = lazyregexp.New(`^@@ -(\d+)(?:,(\d+))? \+\d+((?:,(\d+))?) @@`)

// renumber corrects the header of a hunk: udiff 0.4.1 leaves the lines between two
// changes of a hunk out of the next hunk's line number.
func renumber(line string, grown int) (string, int) {
	m := hunkRE().FindStringSubmatch(line)
	if m == nil {
		return line, grown
	}
	from, was, now := number(m[1]), number(m[2]), number(m[4])
	head := fmt.Sprintf("@@ -%s +%d%s @@", strings.Fields(line)[1][1:], from+grown, m[3])
	return head + line[len(m[0]):], grown + now - was
}

// number reads a count of a hunk, 1 if it is left out.
func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 1
	}
	return n
}

func paint(line string) string {
	code := map[byte]string{'+': "32", '-': "31", '@': "36"}[line[0]]
	if strings.HasPrefix(line, "+++ ") || strings.HasPrefix(line, "--- ") {
		code = "1"
	}
	if code == "" {
		return line
	}
	body := strings.TrimRight(line, "\r\n")
	return "\x1b[" + code + "m" + body + "\x1b[m" + line[len(body):]
}
