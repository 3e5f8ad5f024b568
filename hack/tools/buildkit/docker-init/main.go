// Command docker-init is the first process of a container whose builder asks
// for one: it starts the container's program, hands signals on, and reaps what
// other processes leave behind. Docker's own, tini, is a C program.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
)

func main() {
	code, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "docker-init:", err)
	}
	os.Exit(code)
}

// run takes what the Engine passes, `-- PROGRAM [ARGUMENT…]`, and returns the
// exit code of the program.
func run(args []string) (int, error) {
	if len(args) < 2 || args[0] != "--" {
		return 2, errors.New("usage: docker-init -- PROGRAM [ARGUMENT…]")
	}
	program, err := exec.LookPath(args[1])
	if err != nil {
		return 127, err
	}
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGUSR1, syscall.SIGUSR2)
	child, err := syscall.ForkExec(program, args[1:], &syscall.ProcAttr{Env: os.Environ(), Files: []uintptr{0, 1, 2}})
	if err != nil {
		return 126, fmt.Errorf("starting %s: %w", program, err)
	}
	go func() {
		for s := range signals {
			syscall.Kill(child, s.(syscall.Signal))
		}
	}()
	return reap(child)
}

// reap waits for all children until the program has ended.
func reap(program int) (int, error) {
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, 0, nil)
		switch {
		case errors.Is(err, syscall.EINTR):
		case err != nil:
			return 1, fmt.Errorf("waiting for the program: %w", err)
		case pid == program && status.Signaled():
			return 128 + int(status.Signal()), nil
		case pid == program:
			return status.ExitStatus(), nil
		}
	}
}
