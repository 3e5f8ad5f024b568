//go:build unix

package process_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/docker/cli/cli-plugins/socket"
	"golang.org/x/term"

	"github.com/docker-ghacache/docker-ghacache/internal/process"
)

// limit is when a test that waits has failed; children end by themselves later.
const limit = 10 * time.Second

// roleVar makes the test binary a program to run: the roles below.
const roleVar = "PROCESS_TEST_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(roleVar) {
	case "parent":
		os.Exit(parent())
	case "child":
		time.AfterFunc(2*limit, func() { os.Exit(98) })
		os.Exit(child(os.Args[1:]))
	}
	os.Exit(m.Run())
}

// parent runs the child as this program runs buildx, in a process of its own
// that a test can signal.
func parent() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	socket.ConnectAndWait(stop)
	code, err := process.Run(ctx, process.Command{
		Path: os.Args[0], Args: os.Args[1:], Env: append(os.Environ(), roleVar+"=child"),
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 99
	}
	return code
}

// child does what its first argument says.
func child(args []string) int {
	switch args[0] {
	case "exit":
		code, _ := strconv.Atoi(args[1])
		fmt.Fprintln(os.Stderr, "exiting")
		return code
	case "die":
		n, _ := strconv.Atoi(args[1])
		_ = syscall.Kill(os.Getpid(), syscall.Signal(n))
		select {}
	case "show":
		return show(args[1:])
	case "hear":
		return hear()
	case "ignore":
		signal.Ignore(os.Interrupt, syscall.SIGTERM)
		fmt.Println("ready")
		select {}
	case "socket":
		closed := make(chan struct{})
		socket.ConnectAndWait(func() { close(closed) })
		fmt.Println("ready")
		<-closed
		fmt.Println("socket closed")
	}
	return 0
}

// shown is what a child was started with.
type shown struct {
	Args     []string
	Env      []string
	Terminal [3]bool
}

func show(args []string) int {
	s := shown{Args: args}
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, roleVar) && strings.HasPrefix(e, "PROCESS_") {
			s.Env = append(s.Env, e)
		}
	}
	for fd := range s.Terminal {
		s.Terminal[fd] = term.IsTerminal(fd)
	}
	if err := json.NewEncoder(os.Stdout).Encode(s); err != nil {
		return 1
	}
	return 0
}

// hear prints the signals that arrive until none has for a while.
func hear() int {
	signals := make(chan os.Signal, 9)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	fmt.Println("ready")
	fmt.Println("heard", <-signals)
	for {
		select {
		case s := <-signals:
			fmt.Println("heard", s)
		case <-time.After(300 * time.Millisecond):
			fmt.Println("done")
			return 130
		}
	}
}
