package report

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/rules"
)

// GitHub writes the findings as workflow commands, which a run shows beside the
// lines: https://docs.github.com/actions/reference/workflow-commands-for-github-actions
func GitHub(w io.Writer, r migrate.Report) error {
	data := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	property := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
	var out bytes.Buffer
	for _, fd := range r.Findings {
		level := map[rules.Certainty]string{rules.Certain: "error", rules.Conditional: "warning", rules.Advice: "notice"}[fd.Certainty]
		message := oneLine(fd.Text) + ": " + fd.Why
		if fix := fixOf(r, fd); fix != "" {
			message += "\n" + fix
		}
		fmt.Fprintf(&out, "::%s file=%s,line=%d,col=%d,title=%s::%s\n", level, property.Replace(filepath.ToSlash(fd.File)),
			fd.Line, fd.Col, property.Replace(fd.Rule), data.Replace(message))
	}
	for _, s := range r.Skipped {
		level, what := "warning", "not checked: "
		if s.Failed {
			level, what = "error", "cannot read it: "
		}
		fmt.Fprintf(&out, "::%s file=%s::%s\n", level, property.Replace(filepath.ToSlash(s.File)), data.Replace(what+s.Why))
	}
	_, err := out.WriteTo(w)
	return err
}
