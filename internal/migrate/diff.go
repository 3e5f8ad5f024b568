package migrate

import (
	"io"
	"strings"

	"github.com/aymanbagabas/go-udiff"
)

// writeDiff writes a unified diff of one file, with the colours of git diff.
func writeDiff(w io.Writer, path string, was, now []byte, colour bool) error {
	diff := udiff.Unified("a/"+path, "b/"+path, string(was), string(now))
	for line := range strings.Lines(diff) {
		if colour {
			line = paint(line)
		}
		if _, err := io.WriteString(w, line); err != nil {
			return err
		}
	}
	return nil
}

func paint(line string) string {
	codes := map[byte]string{'+': "32", '-': "31", '@': "36"}
	code := codes[line[0]]
	if strings.HasPrefix(line, "+++ ") || strings.HasPrefix(line, "--- ") {
		code = "1"
	}
	if code == "" {
		return line
	}
	body := strings.TrimRight(line, "\r\n")
	return "\x1b[" + code + "m" + body + "\x1b[m" + line[len(body):]
}
