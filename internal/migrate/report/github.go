package report

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/rules"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
)

// GitHub writes the findings as workflow commands, which a run shows beside the
// lines: https://docs.github.com/actions/reference/workflow-commands-for-github-actions
func GitHub(w io.Writer, r migrate.Report) error {
	var out bytes.Buffer
	for _, fd := range r.Findings {
		level := map[rules.Certainty]string{rules.Certain: "error", rules.Conditional: "warning", rules.Advice: "notice"}[fd.Certainty]
		message := ui.Line(fd.Text) + ": " + ui.Line(fd.Why)
		if fix := fixOf(r, fd); fix != "" {
			message += "\n" + ui.Line(fix)
		}
		fmt.Fprintf(&out, "::%s file=%s,line=%d,col=%d,title=%s::%s\n", level, property(filepath.ToSlash(fd.File)),
			fd.Line, fd.Col, property(fd.Rule), ui.CommandData(message))
	}
	for _, s := range r.Skipped {
		level, what := "warning", "not checked: "
		if s.Failed {
			level, what = "error", "cannot read it: "
		}
		fmt.Fprintf(&out, "::%s file=%s::%s\n", level, property(filepath.ToSlash(s.File)), ui.CommandData(what+ui.Line(s.Why)))
	}
	_, err := out.WriteTo(w)
	return err
}

func property(text string) string { return ui.CommandProperty(ui.Text(text)) }
