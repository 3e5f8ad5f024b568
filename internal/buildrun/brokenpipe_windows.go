package buildrun

import (
	"errors"

	"golang.org/x/sys/windows"
)

// brokenPipe reports whether the reader of a pipe has gone away: ERROR_NO_DATA is "the pipe is being closed".
func brokenPipe(err error) bool {
	return errors.Is(err, windows.ERROR_NO_DATA) || errors.Is(err, windows.ERROR_BROKEN_PIPE)
}
