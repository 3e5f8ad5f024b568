package atomicfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/hint"
)

// temporary is how the names of files begin that a crash can leave beside the file that was to be
// replaced. A number follows.
const temporary = ".docker-ghacache-"

// IsTemporary reports whether a crash can have left a file of that name.
func IsTemporary(name string) bool {
	number, found := strings.CutPrefix(name, temporary)
	return found && number != "" && strings.Trim(number, "0123456789") == ""
}

// Replace gives an existing file a new content. It changes nothing and returns an error with its fix if the file is
// read-only, even for root, or if the new file could not have the owner and the group of the old one.
func Replace(path string, content []byte) error {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	was, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !was.Mode().IsRegular() {
		return fmt.Errorf("%s is not a regular file", path)
	}
	if was.Mode()&0o200 == 0 {
		return hint.With(fmt.Errorf("%s is read-only", path), writable(path))
	}
	return install(path, content, func(temp *os.File) error {
		if err := keepOwner(temp, was); err != nil {
			return hint.With(fmt.Errorf("replacing %s would change its owner or group: %w", path, err), `sudo chown "$(id -u):$(id -g)" `+hint.Word(path))
		}
		return temp.Chmod(was.Mode()) // after the owner, whose change takes set-user-ID away
	})
}

// Write is [Replace], and creates the file with a mode if it does not exist. It also creates the file to which a
// symbolic link points.
func Write(path string, content []byte, mode fs.FileMode) error {
	err := Replace(path, content)
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return install(behindLinks(path), content, func(temp *os.File) error { return temp.Chmod(mode) })
}

const maxLinks = 40 // Linux follows no more

// behindLinks is where the links at path end, at a file that does not exist.
func behindLinks(path string) string {
	for range maxLinks {
		target, err := os.Readlink(path)
		if err != nil {
			break
		}
		if !filepath.IsAbs(target) {
			target = filepath.Dir(path) + string(filepath.Separator) + target // uncleaned: a parent may be a link, too
		}
		path = target
	}
	return path
}

// install makes a file of that content, prepares it, and puts it durably in the place of path.
func install(path string, content []byte, prepare func(*os.File) error) error {
	dir := filepath.Dir(path)
	temp, err := os.CreateTemp(dir, temporary+"*")
	if err != nil {
		return err
	}
	_, err = temp.Write(content)
	if err == nil {
		err = prepare(temp)
	}
	if err == nil {
		err = temp.Sync()
	}
	if err = errors.Join(err, temp.Close()); err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp.Name()))
	}
	return syncDir(dir)
}
