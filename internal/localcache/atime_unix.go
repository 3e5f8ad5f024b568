//go:build unix

package localcache

import (
	"io/fs"
	"time"

	"golang.org/x/sys/unix"
)

func accessTime(path string, info fs.FileInfo) time.Time {
	var stat unix.Stat_t
	if err := unix.Lstat(path, &stat); err != nil {
		return info.ModTime()
	}
	return time.Unix(stat.Atim.Unix())
}
