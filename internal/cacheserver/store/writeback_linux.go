package store

import (
	"os"

	"golang.org/x/sys/unix"
)

// startWriteback has the kernel begin to write size bytes of a file from off on, and does not wait: the sync at the end has less
// to do. It is advice, so its error tells nothing that the sync does not.
func startWriteback(file *os.File, off, size int64) {
	_ = unix.SyncFileRange(int(file.Fd()), off, size, unix.SYNC_FILE_RANGE_WRITE)
}
