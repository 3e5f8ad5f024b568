package secret

import (
	"errors"
	"fmt"
	"os"
	"runtime"

	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/moby/sys/atomicwriter"
)

// Write replaces a file as a whole: it appears when its reader may rely on it.
func Write(file string, data []byte) error { return atomicwriter.WriteFile(file, data, 0o600) }

// Append adds to a file, or makes it.
func Append(file string, data []byte) error {
	f, err := open(file)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

// open opens a file to append to, which only its owner can read from then on: GitHub's runner makes $GITHUB_ENV
// readable for everybody. It does not follow a link, which somebody else may have put there.
func open(file string) (*os.File, error) {
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY|noFollow, 0o600)
	if err != nil {
		if info, statErr := os.Lstat(file); statErr == nil && info.Mode()&os.ModeSymlink != 0 {
			err = fmt.Errorf("%s is a link", file)
		}
		return nil, err
	}
	info, err := f.Stat()
	switch {
	case err != nil:
	case !info.Mode().IsRegular():
		err = fmt.Errorf("%s is not a file", file)
	case othersRead(info.Mode()):
		if err = f.Chmod(info.Mode().Perm() &^ 0o077); err != nil {
			err = hint.With(fmt.Errorf("other users can read %s, which would hold tokens: %w", file, err), "chmod 600 "+hint.Word(file))
		}
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func othersRead(mode os.FileMode) bool { return runtime.GOOS != "windows" && mode.Perm()&0o077 != 0 }
