package process

import "os"

// atTerminal is always true: the console sends its events to every process attached
// to it, and a process cannot be interrupted in another way.
func atTerminal() bool { return true }

func interrupt(p *os.Process) { _ = p.Kill() }

func exitCode(s *os.ProcessState) int { return s.ExitCode() }
