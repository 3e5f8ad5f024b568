package process

import "os/exec"

// Find is the path of a program on PATH, or an error that names it.
func Find(name string) (string, error) { return exec.LookPath(name) }
