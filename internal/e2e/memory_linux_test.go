package e2e

import "golang.org/x/sys/unix"

// roomInMemory reports whether the tests' folders fit into memory.
func roomInMemory() bool {
	var s unix.Statfs_t
	const wanted = 6 << 30
	return unix.Statfs(memory, &s) == nil && s.Bavail*uint64(s.Bsize) >= wanted
}
