//go:build unix

package store

import (
	"os"
	"syscall"
)

// abandon closes the file of a database that panicked. Its mapping would keep the lock otherwise.
func abandon(file *os.File) {
	_ = syscall.Flock(int(file.Fd()), syscall.LOCK_UN) // it fails if bbolt has closed the file
	_ = file.Close()
}
