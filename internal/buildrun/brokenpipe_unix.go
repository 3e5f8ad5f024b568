//go:build !windows

package buildrun

import (
	"errors"
	"syscall"
)

// brokenPipe reports whether the reader of a pipe has gone away.
func brokenPipe(err error) bool { return errors.Is(err, syscall.EPIPE) }
