package secret

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/hint"
)

// Nobody can change the mode of a file in /proc.
func TestAFileThatStaysReadableHasAFix(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "my files")
	if err := os.Symlink("/proc/self", dir); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "comm")
	err := Append(file, nil)
	if want := "chmod 600 '" + file + "'"; err == nil || hint.Of(err) != want {
		t.Errorf("got %v with hint %q, want %q", err, hint.Of(err), want)
	}
}
