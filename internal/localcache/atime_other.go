//go:build !unix

package localcache

import (
	"io/fs"
	"time"
)

func accessTime(_ string, info fs.FileInfo) time.Time { return info.ModTime() }
