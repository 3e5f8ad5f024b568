//go:build !linux

package store

import "os"

// startWriteback leaves it to the sync at the end where there is no such advice.
func startWriteback(*os.File, int64, int64) {}
