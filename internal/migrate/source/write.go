package source

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Write makes edits, see [File.Apply]. It replaces the file completely or not at
// all: the file stays as it is if an edit fails its check, if it changed since it
// was read, or if it is read-only.
func (f *File) Write(edits []Edit) error {
	out, err := f.Apply(edits)
	if err != nil {
		return err
	}
	info, err := os.Stat(f.Target)
	if err != nil {
		return fmt.Errorf("writing %s: %w", f.Path, err)
	}
	if info.Mode()&0o200 == 0 {
		return fmt.Errorf("writing %s: the file is read-only", f.Path)
	}
	if now, err := os.ReadFile(f.Target); err != nil || !bytes.Equal(now, f.Src) {
		return errors.Join(fmt.Errorf("writing %s: the file changed since it was checked", f.Path), err)
	}
	if err := replaceFile(f.Target, out, info.Mode()); err != nil {
		return fmt.Errorf("writing %s: %w", f.Path, err)
	}
	if now, err := os.ReadFile(f.Target); err != nil || !bytes.Equal(now, out) {
		return errors.Join(fmt.Errorf("reading %s back: the content differs from what was written", f.Path), err)
	}
	return nil
}

// replaceFile replaces path durably: after a crash, the file has the old content or
// the new one, never a part.
func replaceFile(path string, content []byte, mode os.FileMode) error {
	temp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = temp.Write(content)
	err = errors.Join(err, temp.Chmod(mode), temp.Sync(), temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp.Name()))
	}
	return syncDir(filepath.Dir(path))
}
