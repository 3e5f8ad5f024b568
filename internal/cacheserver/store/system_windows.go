package store

import (
	"io/fs"
	"os"
	"path/filepath"
)

// openShared opens a file that others may remove meanwhile. [os.OpenFile] forbids that on Windows, and [os.Root] does not.
func openShared(path string, flag int, mode fs.FileMode) (file *os.File, err error) {
	root, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return root.OpenFile(filepath.Base(path), flag, mode)
}

// abandon closes the file of a database that panicked.
func abandon(file *os.File) { _ = file.Close() }
