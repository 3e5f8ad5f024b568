//go:build unix

package store

import (
	"io/fs"
	"os"
	"syscall"
)

// openShared opens a file that others may remove meanwhile.
func openShared(path string, flag int, mode fs.FileMode) (*os.File, error) {
	return os.OpenFile(path, flag, mode)
}

// abandon closes the file of a database that panicked. Its mapping would keep the lock otherwise.
func abandon(file *os.File) {
	_ = syscall.Flock(int(file.Fd()), syscall.LOCK_UN) // it fails if bbolt has closed the file
	_ = file.Close()
}
