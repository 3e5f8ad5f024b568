//go:build unix

package e2e

import (
	"os/exec"

	"golang.org/x/sys/unix"
)

// ownGroup has a program that is not started yet lead a group of processes, which endGroup ends.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &unix.SysProcAttr{Setpgid: true} }

func endGroup(cmd *exec.Cmd) { unix.Kill(-cmd.Process.Pid, unix.SIGTERM) }
