//go:build unix

package e2e

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// A way to end a running command as its user would.
type interrupt struct {
	start func(*exec.Cmd) (io.ReadWriteCloser, error)
	send  func(*exec.Cmd, io.Writer) error
}

func TestCancel(t *testing.T) {
	for name, how := range map[string]interrupt{
		"Ctrl-C on a terminal":       {onTerminal, pressCtrlC},
		"SIGINT without a terminal":  {onPipe, signal(unix.SIGINT)},
		"SIGTERM without a terminal": {onPipe, signal(unix.SIGTERM)},
	} {
		t.Run(name, func(t *testing.T) {
			u := newUser(t, shared.remote)
			u.enter(serve(t))
			want := cancelled(t, u, how, "buildx", "build")
			got := cancelled(t, u, how, append([]string{"ghacache", "build"}, toAndFrom("app")...)...)
			if want == 0 || got != want {
				t.Errorf("exit %d, buildx has %d", got, want)
			}
		})
	}
}

// cancelled interrupts a build amid a long step, waits for the end of the step
// too, and returns the exit code of docker.
func cancelled(t *testing.T, u *user, how interrupt, words ...string) int {
	t.Helper()
	nap := fmt.Sprintf("1h%dns", rand.Int64N(1e9)) // what to find the step's process by
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	cmd := u.command(ctx, append(words, image(t, fmt.Sprintf(`RUN ["example", "sleep", %q]`, nap)))...)
	console, err := how.start(cmd)
	check(t, err)
	defer console.Close()
	var output bytes.Buffer
	copied := make(chan struct{})
	go func() {
		defer close(copied)
		io.Copy(&output, console)
	}()
	if !within(10*time.Second, func() bool { return running(t, nap) }) {
		cmd.Process.Kill()
		t.Fatalf("the step did not start\n%s", output.String())
	}
	check(t, how.send(cmd, console))
	cmd.Wait()
	<-copied
	if ctx.Err() != nil {
		t.Fatalf("docker goes on\n%s", output.String())
	}
	if !within(10*time.Second, func() bool { return !running(t, nap) }) {
		t.Errorf("BuildKit goes on\n%s", output.String())
	}
	return cmd.ProcessState.ExitCode()
}

func onTerminal(cmd *exec.Cmd) (io.ReadWriteCloser, error) { return pty.Start(cmd) }

func pressCtrlC(_ *exec.Cmd, terminal io.Writer) error {
	_, err := terminal.Write([]byte{3})
	return err
}

func onPipe(cmd *exec.Cmd) (io.ReadWriteCloser, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer w.Close()
	cmd.Stdout, cmd.Stderr = w, w
	cmd.SysProcAttr = &unix.SysProcAttr{Setpgid: true}
	return r, cmd.Start()
}

// signal goes to docker alone, as a service manager sends it.
func signal(s unix.Signal) func(*exec.Cmd, io.Writer) error {
	return func(cmd *exec.Cmd, _ io.Writer) error { return cmd.Process.Signal(s) }
}
