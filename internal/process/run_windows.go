package process

import "os"

// atTerminal is always true: the console brings its events to every process
// attached to it, and there is no other way to interrupt one.
func atTerminal() bool { return true }

func interrupt(p *os.Process) { _ = p.Kill() }

func exitCode(s *os.ProcessState) int { return s.ExitCode() }
