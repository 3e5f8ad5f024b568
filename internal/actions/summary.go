package actions

import (
	"errors"
	"fmt"
	"os"
)

// AppendSummary adds Markdown to a job's summary.
func AppendSummary(file, markdown string) error {
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
