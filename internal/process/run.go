package process

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"github.com/containerd/console"
)

const (
	// signalLimit is the signal that kills, as in docker and buildx.
	signalLimit = 3
	// settle is how long a cancelled context waits for the signal that cancelled it.
	settle = 50 * time.Millisecond
	// drain is how long output is read on after the program has ended, for
	// pipes that its own children keep open.
	drain = 2 * time.Second
)

// Command is a program to run.
type Command struct {
	Path string
	// Args are the words after the program's name.
	Args []string
	// Env is the whole environment; nil means this program's.
	Env []string
	// Stdin, Stdout and Stderr are handed over as they are when they are an
	// *os.File, so that a terminal stays one. Nil means the null device.
	Stdin          io.Reader
	Stdout, Stderr io.Writer
}

// ExitError says that a program ended with a code other than 0.
type ExitError struct {
	Path string
	Code int
}

func (e *ExitError) Error() string { return fmt.Sprintf("%s exited with code %d", e.Path, e.Code) }

// Run runs a program to its end and returns its exit code, or 128+n if signal n
// ended it. It returns an error if the program could not be run, not if it failed.
//
// SIGINT and SIGTERM reach the program once each: the terminal delivers Ctrl-C
// itself, and Run forwards other signals. The third signal kills the program. On
// Linux, so does the end of this process. If ctx ends without a signal, as when
// docker closes the plugin socket, Run interrupts the program.
func Run(ctx context.Context, c Command) (int, error) {
	signals := make(chan os.Signal, signalLimit)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)

	// Linux ties the death signal to the thread that started the program.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd := &exec.Cmd{
		Path: c.Path, Args: append([]string{c.Path}, c.Args...), Env: c.Env,
		Stdin: c.Stdin, Stdout: c.Stdout, Stderr: c.Stderr,
		SysProcAttr: dieWithParent(), WaitDelay: drain,
	}
	defer keepTerminal(c.Stderr)()
	if err := cmd.Start(); err != nil {
		return 0, fmt.Errorf("starting %s: %w", c.Path, err)
	}
	ended := make(chan struct{})
	go relay(ctx, cmd.Process, signals, ended)
	err := cmd.Wait()
	close(ended)
	// The program's own end counts, not that of a child which still holds its output.
	if _, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok && !errors.Is(err, exec.ErrWaitDelay) {
		return 0, fmt.Errorf("running %s: %w", c.Path, err)
	}
	return exitCode(cmd.ProcessState), nil
}

// keepTerminal returns a function that restores the mode of a terminal. A program
// that is killed cannot do that itself.
func keepTerminal(w io.Writer) (restore func()) {
	file, ok := w.(*os.File)
	if !ok {
		return func() {}
	}
	terminal, err := console.ConsoleFromFile(file)
	if err != nil {
		return func() {} // it is none
	}
	return func() { _ = terminal.Reset() } // fails only when it is gone
}

// relay forwards signals and the end of ctx to the program until it ends.
func relay(ctx context.Context, p *os.Process, signals <-chan os.Signal, ended <-chan struct{}) {
	cancelled := ctx.Done()
	var settled <-chan time.Time
	for heard := 0; ; {
		select {
		case <-ended:
			return
		case s := <-signals:
			heard++
			forward(p, s, heard)
		case <-cancelled:
			cancelled, settled = nil, time.After(settle)
		case <-settled:
			if heard == 0 {
				interrupt(p)
			}
		}
	}
}

func forward(p *os.Process, s os.Signal, heard int) {
	switch {
	case heard >= signalLimit:
		_ = p.Kill() // fails only when the program has ended
	case s == os.Interrupt && atTerminal():
	default:
		_ = p.Signal(s)
	}
}

// Output runs a program with little output and returns that. For an exit code other
// than 0, it returns the outputs and an [*ExitError]. It does not use the command's
// own Stdout and Stderr.
func Output(ctx context.Context, c Command) (stdout, stderr []byte, err error) {
	var out, errOut bytes.Buffer
	c.Stdout, c.Stderr = &out, &errOut
	code, err := Run(ctx, c)
	if err == nil && code != 0 {
		err = &ExitError{Path: c.Path, Code: code}
	}
	return out.Bytes(), errOut.Bytes(), err
}
