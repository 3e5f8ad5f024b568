package e2e

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// shell is a bash that keeps its folder, variables and processes in the background from one command to the next.
type shell struct {
	dir   string // of outputs
	cmd   *exec.Cmd
	in    io.Writer
	codes chan int // the exit code of each command; closed when the shell ends
	runs  int
}

// newShell starts a bash of the user. It ends with the test, and what it left in the background does too.
func newShell(t *testing.T, u *user) *shell {
	t.Helper()
	codes, theirs, err := os.Pipe()
	check(t, err)
	defer theirs.Close()
	cmd := exec.Command("bash", "--noprofile", "--norc")
	cmd.Dir, cmd.ExtraFiles = u.dir, []*os.File{theirs}
	for name, value := range u.env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	in, err := cmd.StdinPipe()
	check(t, err)
	ownGroup(cmd)
	check(t, cmd.Start())
	s := &shell{dir: t.TempDir(), cmd: cmd, in: in, codes: make(chan int)}
	go s.read(codes)
	t.Cleanup(func() {
		endGroup(cmd)
		in.Close()
		cmd.Wait()
		codes.Close()
	})
	return s
}

func (s *shell) read(codes io.Reader) {
	defer close(s.codes)
	for lines := bufio.NewScanner(codes); lines.Scan(); {
		code, err := strconv.Atoi(lines.Text())
		if err != nil {
			return
		}
		s.codes <- code
	}
}

// errStuck is of a shell that runs no further command.
var errStuck = errors.New("the shell is lost")

// commandTime is how long a command of a page may take.
const commandTime = 2 * time.Minute

// run runs a command and returns what it printed.
func (s *shell) run(command string) (output string, code int, err error) {
	s.runs++
	file := filepath.Join(s.dir, strconv.Itoa(s.runs))
	fmt.Fprintf(s.in, "{ %s\n} </dev/null >%s 2>&1 3>&-; echo $? >&3\n", command, file)
	select {
	case code, ok := <-s.codes:
		data, err := os.ReadFile(file)
		if !ok {
			return string(data), code, fmt.Errorf("%w: it ended with %q\n%s", errStuck, command, data)
		}
		return string(data), code, err
	case <-time.After(commandTime):
		data, err := os.ReadFile(file)
		return string(data), 0, errors.Join(fmt.Errorf("%w: %q takes more than %v\n%s", errStuck, command, commandTime, data), err)
	}
}

// answering runs a command on a terminal and answers its question.
func answering(command, answer string) string {
	quoted := func(word string) string { return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'" }
	return fmt.Sprintf("script --quiet --return --command %s /dev/null <<<%s", quoted(command), quoted(answer))
}
