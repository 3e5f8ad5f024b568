//go:build unix

package process_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/docker/cli/cli-plugins/socket"
	"github.com/google/go-cmp/cmp"

	"github.com/docker-ghacache/docker-ghacache/internal/process"
)

func self(args ...string) process.Command {
	return process.Command{Path: os.Args[0], Args: args, Env: append(os.Environ(), roleVar+"=child")}
}

func TestRunExitCode(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		want int
	}{
		"success is 0":               {[]string{"exit", "0"}, 0},
		"buildx's own code is kept":  {[]string{"exit", "102"}, 102},
		"death by SIGTERM is 128+15": {[]string{"die", "15"}, 143},
		"death by SIGKILL is 128+9":  {[]string{"die", "9"}, 137},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := process.Run(t.Context(), self(c.args...))
			if err != nil || got != c.want {
				t.Errorf("got %d, %v, want %d", got, err, c.want)
			}
		})
	}
}

func TestRunNamesTheProgramThatCannotStart(t *testing.T) {
	_, err := process.Run(t.Context(), process.Command{Path: "/nonexistent/docker-buildx"})
	if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "/nonexistent/docker-buildx") {
		t.Errorf("got %v", err)
	}
}

func TestOutput(t *testing.T) {
	t.Run("arguments and environment arrive as they are", func(t *testing.T) {
		c := self("show", "build", "--label", "a b", "", "*", "-")
		c.Env = append(c.Env, "PROCESS_X=1 2")
		out, _, err := process.Output(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		want := shown{Args: []string{"build", "--label", "a b", "", "*", "-"}, Env: []string{"PROCESS_X=1 2"}}
		if diff := cmp.Diff(want, decode(t, out)); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("a failure keeps the code and the outputs", func(t *testing.T) {
		_, stderr, err := process.Output(t.Context(), self("exit", "7"))
		exit, ok := errors.AsType[*process.ExitError](err)
		if !ok || exit.Code != 7 || string(stderr) != "exiting\n" {
			t.Errorf("got %v, stderr %q", err, stderr)
		}
	})
}

func decode(t *testing.T, data []byte) (s shown) {
	t.Helper()
	if err := json.Unmarshal(bytes.TrimSpace(data), &s); err != nil {
		t.Fatalf("%v in %q", err, data)
	}
	return s
}

// family is a parent with a child, and what the child printed.
type family struct {
	*exec.Cmd
	lines *bufio.Scanner
}

func startParent(t *testing.T, attr *syscall.SysProcAttr, env []string, args ...string) family {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.SetReadDeadline(time.Now().Add(limit)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(append(os.Environ(), roleVar+"=parent"), env...)
	cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = w, os.Stderr, attr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait(); r.Close() })
	p := family{cmd, bufio.NewScanner(r)}
	p.expect(t, "ready")
	return p
}

func (p family) expect(t *testing.T, want string) {
	t.Helper()
	if !p.lines.Scan() || p.lines.Text() != want {
		t.Fatalf("got %q, want %q", p.lines.Text(), want)
	}
}

func (p family) expectExit(t *testing.T, want int) {
	t.Helper()
	p.Wait()
	if got := p.ProcessState.ExitCode(); got != want {
		t.Errorf("exit code %d, want %d", got, want)
	}
}

// noTerminal makes a session without a controlling terminal, as in CI.
func noTerminal() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

func TestSignalsWithoutTerminalAreForwardedOnce(t *testing.T) {
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(s.String(), func(t *testing.T) {
			p := startParent(t, noTerminal(), nil, "hear")
			p.Process.Signal(s)
			p.expect(t, "heard "+s.String())
			p.expect(t, "done")
			p.expectExit(t, 130)
		})
	}
}

func TestThirdSignalKills(t *testing.T) {
	p := startParent(t, noTerminal(), nil, "ignore")
	for range 3 {
		p.Process.Signal(syscall.SIGTERM)
		time.Sleep(100 * time.Millisecond) // equal signals that wait together are one
	}
	p.expectExit(t, 137)
}

func TestClosedPluginSocketReachesTheChild(t *testing.T) {
	t.Run("as an interrupt, where it does not listen to it", func(t *testing.T) {
		server, env := pluginServer(t, nil)
		p := startParent(t, noTerminal(), env, "hear")
		server.Close()
		p.expect(t, "heard interrupt")
		p.expect(t, "done")
		p.expectExit(t, 130)
	})
	t.Run("through a second connection", func(t *testing.T) {
		var both sync.WaitGroup
		both.Add(2)
		server, env := pluginServer(t, func(net.Conn) { both.Done() })
		p := startParent(t, noTerminal(), env, "socket")
		both.Wait()
		server.Close()
		p.expect(t, "socket closed")
	})
}

// pluginServer is docker's end of the plugin socket, and how a plugin finds it.
func pluginServer(t *testing.T, connected func(net.Conn)) (*socket.PluginServer, []string) {
	t.Helper()
	server, err := socket.NewPluginServer(connected)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	return server, []string{socket.EnvKey + "=" + server.Addr().String()}
}

func TestCancelledContextInterrupts(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	r, w := io.Pipe()
	c := self("hear")
	c.Stdout = w
	go func() {
		lines := bufio.NewScanner(r)
		lines.Scan()
		cancel()
		for lines.Scan() {
		}
	}()
	code, err := process.Run(ctx, c)
	if err != nil || code != 130 {
		t.Errorf("got %d, %v", code, err)
	}
}

func TestTerminal(t *testing.T) {
	start := func(t *testing.T, args ...string) (*exec.Cmd, *os.File, *bufio.Scanner) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		t.Cleanup(cancel)
		cmd := exec.CommandContext(ctx, os.Args[0], args...)
		cmd.Env = append(os.Environ(), roleVar+"=parent")
		tty, err := pty.Start(cmd)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait(); tty.Close() })
		return cmd, tty, bufio.NewScanner(tty)
	}
	t.Run("stays one for the child", func(t *testing.T) {
		_, _, lines := start(t, "show")
		lines.Scan()
		if got := decode(t, lines.Bytes()).Terminal; got != [3]bool{true, true, true} {
			t.Errorf("terminals: %v", got)
		}
	})
	t.Run("brings Ctrl-C to the child once", func(t *testing.T) {
		cmd, tty, lines := start(t, "hear")
		var got []string
		for lines.Scan() {
			got = append(got, strings.TrimPrefix(lines.Text(), "^C"))
			if lines.Text() == "ready" {
				tty.Write([]byte{3})
			}
			if lines.Text() == "done" {
				break
			}
		}
		if want := []string{"ready", "heard interrupt", "done"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		cmd.Wait()
		if code := cmd.ProcessState.ExitCode(); code != 130 {
			t.Errorf("exit code %d", code)
		}
	})
	t.Run("leaves SIGTERM to be forwarded", func(t *testing.T) {
		cmd, _, lines := start(t, "hear")
		for lines.Scan() && lines.Text() != "ready" {
		}
		cmd.Process.Signal(syscall.SIGTERM)
		if lines.Scan(); lines.Text() != "heard terminated" {
			t.Errorf("got %q", lines.Text())
		}
	})
}
