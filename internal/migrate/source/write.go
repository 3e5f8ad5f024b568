package source

import (
	"bytes"
	"errors"
	"fmt"
	"os"

	"github.com/docker-ghacache/docker-ghacache/internal/atomicfile"
)

// Write makes edits, see [File.Apply]. It replaces the file completely or not at
// all: the file stays as it is if an edit fails its check, if it changed since it
// was read, or if it is read-only. See package atomicfile for what the file keeps.
func (f *File) Write(edits []Edit) error {
	out, err := f.Apply(edits)
	if err != nil {
		return err
	}
	if now, err := os.ReadFile(f.Target); err != nil || !bytes.Equal(now, f.Src) {
		return errors.Join(fmt.Errorf("writing %s: the file changed since it was checked", f.Path), err)
	}
	if err := atomicfile.Replace(f.Target, out); err != nil {
		return fmt.Errorf("writing %s: %w", f.Path, err)
	}
	if now, err := os.ReadFile(f.Target); err != nil || !bytes.Equal(now, out) {
		return errors.Join(fmt.Errorf("reading %s back: the content differs from what was written", f.Path), err)
	}
	return nil
}
