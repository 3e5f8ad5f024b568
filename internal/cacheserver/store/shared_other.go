//go:build !windows

package store

import (
	"io/fs"
	"os"
)

// openShared opens a file that others may remove meanwhile.
func openShared(path string, flag int, mode fs.FileMode) (*os.File, error) {
	return os.OpenFile(path, flag, mode)
}
