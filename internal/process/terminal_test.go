//go:build unix

package process_test

import (
	"os/exec"
	"reflect"
	"testing"

	"github.com/creack/pty"
	"golang.org/x/term"

	"github.com/docker-ghacache/docker-ghacache/internal/process"
)

func TestRunPutsTheTerminalBack(t *testing.T) {
	stty, err := exec.LookPath("stty")
	if err != nil {
		t.Skip("there is no stty")
	}
	user, terminal, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer user.Close()
	defer terminal.Close()
	before, err := term.GetState(int(terminal.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	code, err := process.Run(t.Context(), process.Command{Path: stty, Args: []string{"raw", "-echo"}, Stdin: terminal, Stderr: terminal})
	if err != nil || code != 0 {
		t.Fatalf("stty: %d, %v", code, err)
	}
	after, err := term.GetState(int(terminal.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(before, after) {
		t.Error("the program left the terminal in its own mode")
	}
}
