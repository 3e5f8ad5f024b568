package migrate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Diff writes the wanted edits as one unified diff that git apply takes.
func (r Report) Diff(w io.Writer, colour bool) error {
	for _, path := range r.changed() {
		out, err := r.files[path].result(r.edits[path])
		if err != nil {
			return err
		}
		if err := writeDiff(w, strings.TrimPrefix(filepath.ToSlash(path), "/"), string(r.files[path].src), string(out), colour); err != nil {
			return fmt.Errorf("printing the diff: %w", err)
		}
	}
	return nil
}

// Write makes the wanted edits and returns the files it wrote. Each file is
// replaced as a whole or not at all: if one edit of it fails its check, if it
// changed since Check, or if it is read-only, it stays as it is, the others are
// still written, and the error names it.
func (r Report) Write(ctx context.Context) (written []string, err error) {
	for _, path := range r.changed() {
		if ctx.Err() != nil {
			return written, errors.Join(err, ctx.Err())
		}
		if failed := r.files[path].write(r.edits[path]); failed != nil {
			err = errors.Join(err, failed)
			continue
		}
		written = append(written, path)
	}
	return written, err
}

func (f *file) write(edits []Edit) error {
	out, err := f.result(edits)
	if err != nil {
		return err
	}
	info, err := os.Stat(f.target)
	if err != nil {
		return fmt.Errorf("writing %s: %w", f.path, err)
	}
	if info.Mode()&0o200 == 0 {
		return fmt.Errorf("writing %s: it is read-only", f.path)
	}
	if now, err := os.ReadFile(f.target); err != nil || !bytes.Equal(now, f.src) {
		return errors.Join(fmt.Errorf("writing %s: it changed since it was checked", f.path), err)
	}
	if err := replace(f.target, out, info.Mode()); err != nil {
		return fmt.Errorf("writing %s: %w", f.path, err)
	}
	if now, err := os.ReadFile(f.target); err != nil || !bytes.Equal(now, out) {
		return errors.Join(fmt.Errorf("reading %s back: it is not what was written", f.path), err)
	}
	return nil
}

// replace puts a new file in the place of path, durably: there is the old
// content or the new one, never a part.
func replace(path string, content []byte, mode os.FileMode) error {
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
