package actions

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAppendSummary(t *testing.T) {
	file := filepath.Join(t.TempDir(), "summary.md")
	for _, markdown := range []string{"# one", "# two"} {
		if err := AppendSummary(file, markdown); err != nil {
			t.Fatal(err)
		}
	}
	if data, err := os.ReadFile(file); err != nil || string(data) != "# one\n# two\n" {
		t.Errorf("got %q, %v", data, err)
	}
	if err := AppendSummary(filepath.Join(file, "below"), ""); err == nil || !strings.HasPrefix(err.Error(), "writing the job's summary: ") {
		t.Errorf("below a file: %v", err)
	}
}
