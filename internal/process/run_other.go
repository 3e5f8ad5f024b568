//go:build !linux

package process

import "syscall"

// dieWithParent does nothing: only Linux can do that.
func dieWithParent() *syscall.SysProcAttr { return nil }
