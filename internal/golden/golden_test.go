package golden

import (
	"path/filepath"
	"strings"
	"testing"
)

// recorder is a test that goes on when it fails.
type recorder struct {
	testing.TB
	said string
}

func (r *recorder) Helper()                      {}
func (r *recorder) Errorf(_ string, args ...any) { r.said = args[0].(string) + args[1].(string) }

func TestEqual(t *testing.T) {
	file := filepath.Join(t.TempDir(), "new", "a.golden")
	Equal(t, true, file, "one\n")
	Equal(t, false, file, "one\n")
	r := &recorder{TB: t}
	if Equal(r, false, file, "two\n"); !strings.Contains(r.said, "a.golden") || !strings.Contains(r.said, "two") {
		t.Errorf("of a difference it says %q", r.said)
	}
	if Equal(t, true, file, "two\n"); t.Failed() {
		t.Error("an update differs")
	}
}
