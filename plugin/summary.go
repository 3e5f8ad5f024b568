package plugin

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// summaryFile is where a job's summary goes, empty unless it is wanted.
func (e *Env) summaryFile(wanted bool) (string, error) {
	file := e.runtime().SummaryFile
	if !wanted {
		return "", nil
	}
	if file == "" {
		return "", usage(errors.New("there is no $GITHUB_STEP_SUMMARY to write to"), "run it in a job, or without --summary")
	}
	return file, nil
}

// appendSummary adds Markdown to a job's summary.
func appendSummary(file, markdown string) error {
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("writing the job's summary: %w", err)
	}
	_, err = f.WriteString(markdown + "\n")
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("writing the job's summary: %w", err)
	}
	return nil
}

// markdownCell keeps text in a table from being anything but text.
func markdownCell(text string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ", "<", "&lt;", "`", "\\`", "*", `\*`).Replace(text)
}
