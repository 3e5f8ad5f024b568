//go:build !linux

package process

import (
	"errors"
	"time"
)

// Parent is for Linux only.
func Parent(time.Time) (args []string, began time.Time, err error) {
	return nil, time.Time{}, errors.ErrUnsupported
}
