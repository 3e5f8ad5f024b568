package archive

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// decorate gives a file or folder what the manifest says of it besides its content.
func decorate(file *os.File, f File) error {
	if err := file.Chown(f.UID, f.GID); err != nil {
		return err
	}
	for name, value := range f.Xattrs {
		err := unix.Fsetxattr(int(file.Fd()), name, value, 0)
		if err != nil && !errors.Is(err, unix.ENOTSUP) && !errors.Is(err, unix.EPERM) {
			return fmt.Errorf("setting attribute %s: %w", name, err)
		}
	}
	return unix.Fchmod(int(file.Fd()), f.Mode) // after Chown, which removes setuid
}

// copySparse leaves holes where content is zero.
func copySparse(file *os.File, content io.Reader, size int64) (int64, error) {
	buf := make([]byte, 64*sparseBlock)
	var at int64
	for {
		n, err := io.ReadFull(content, buf)
		for off := 0; off < n; off += sparseBlock {
			part := buf[off:min(off+sparseBlock, n)]
			if isZero(part) {
				continue
			}
			if _, err := file.WriteAt(part, at+int64(off)); err != nil {
				return at, err
			}
		}
		at += int64(n)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return at, file.Truncate(size)
		}
		if err != nil {
			return at, err
		}
	}
}

func isZero(p []byte) bool {
	for _, b := range p {
		if b != 0 {
			return false
		}
	}
	return true
}

// finish checks that all files are there, makes the links, and moves everything to its place.
func (r *restorer) finish() error {
	if r.manifest == nil {
		return errors.New("no entry came")
	}
	for _, path := range r.doubtful {
		if !r.changed[path] {
			return fmt.Errorf("restoring %q: its content is not what the manifest says", path)
		}
	}
	for path := range r.changed {
		if err := r.stage.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	if err := r.links(); err != nil {
		return err
	}
	if err := r.folders(); err != nil {
		return err
	}
	return r.move()
}

// links makes links last, so that nothing is written through one.
func (r *restorer) links() error {
	for _, f := range r.manifest.Files {
		var err error
		switch {
		case f.Kind == symlink:
			if err = r.stage.Symlink(f.Target, f.Path); err == nil {
				err = r.stage.Lchown(f.Path, f.UID, f.GID)
			}
		case f.Kind == hardlink && !r.changed[f.Target]:
			err = r.stage.Link(f.Target, f.Path)
		case f.Kind == regular && !r.changed[f.Path] && !r.created[f.Path]:
			err = errors.New("no entry has its content")
		default:
			continue
		}
		if err == nil && f.Kind == symlink {
			at := unix.NsecToTimespec(f.Time)
			err = unix.UtimesNanoAt(unix.AT_FDCWD, filepath.Join(r.dir, stage, f.Path), []unix.Timespec{at, at}, unix.AT_SYMLINK_NOFOLLOW)
		}
		if err != nil {
			return fmt.Errorf("restoring %q: %w", f.Path, err)
		}
	}
	return nil
}

// setTime sets the time of an open file.
func setTime(file *os.File, ns int64) error {
	at := unix.NsecToTimespec(ns)
	err := unix.UtimesNanoAt(int(file.Fd()), "", []unix.Timespec{at, at}, unix.AT_EMPTY_PATH)
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOENT) { // before Linux 5.8
		err = unix.UtimesNanoAt(unix.AT_FDCWD, fmt.Sprintf("/proc/self/fd/%d", file.Fd()), []unix.Timespec{at, at}, 0)
	}
	return err
}

// folders gives folders their owners and modes last: one that may not be written could not be filled. A folder comes
// after what is in it. The first is the mount.
func (r *restorer) folders() error {
	for _, f := range slices.Backward(r.manifest.Files) {
		if f.Kind != folder {
			continue
		}
		at := r.stage
		if f.Path == "." {
			at = r.mount
		}
		file, err := at.Open(f.Path)
		if err != nil {
			return err
		}
		if err := errors.Join(decorate(file, f), file.Close()); err != nil {
			return fmt.Errorf("restoring %q: %w", f.Path, err)
		}
	}
	return nil
}

func (r *restorer) move() error {
	for _, f := range r.manifest.Files[1:] {
		if strings.Contains(f.Path, "/") || r.changed[f.Path] || f.Kind == hardlink && r.changed[f.Target] {
			continue
		}
		if err := r.mount.Rename(stage+"/"+f.Path, f.Path); err != nil {
			return err
		}
	}
	return r.mount.Remove(stage)
}

// close removes what was not moved.
func (r *restorer) close() error {
	r.leave()
	r.writing.Wait()
	return errors.Join(r.stage.Close(), r.mount.RemoveAll(stage), r.mount.Close())
}
