package store

import (
	"os"

	"golang.org/x/sys/unix"
)

// startWriteback has the kernel begin to write what is new in a file, and does not wait: the sync at the end has less to do.
// It is advice, so its error tells nothing that the sync does not.
func startWriteback(file *os.File) {
	_ = unix.SyncFileRange(int(file.Fd()), 0, 0, unix.SYNC_FILE_RANGE_WRITE)
}
