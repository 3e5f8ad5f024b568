package builders

import (
	"errors"

	"github.com/docker/buildx/driver"
)

// NotRunning reports whether an error of [Dial] says that a node was not booted.
func NotRunning(err error) bool {
	_, ok := errors.AsType[driver.ErrNotRunning](err)
	return ok
}
