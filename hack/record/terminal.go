package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"github.com/creack/pty"
	"github.com/tonistiigi/vt100"
)

const (
	columns = 104
	rows    = 60 // more than any command prints, because vt100 does not scroll
)

// frame is a part of the picture: a sentence, and the terminal below it.
type frame struct {
	title string
	lines []line
}

// line is a row of a terminal, in runs of one style.
type line []text

type text struct {
	column int
	style  vt100.Format
	text   string
}

// shell runs commands in a folder. After an error it runs nothing.
type shell struct {
	dir string
	err error
}

// must runs a command that the picture does not show.
func (s *shell) must(command string) {
	if s.err != nil {
		return
	}
	cmd := s.command(command)
	if out, err := cmd.CombinedOutput(); err != nil {
		s.err = fmt.Errorf("running %s: %w\n%s", command, err, out)
	}
}

// show runs commands on a terminal, each after a prompt. A command may fail.
func (s *shell) show(title string, commands ...string) frame {
	f := frame{title: title}
	for _, command := range commands {
		prompt := "$ "
		for part := range strings.SplitSeq(command, "\n") {
			f.lines = append(f.lines, line{{style: vt100.Format{Intensity: vt100.Bright}, text: prompt + part}})
			prompt = "  "
		}
		f.lines = append(f.lines, s.terminal(command)...)
	}
	return f
}

func (s *shell) command(command string) *exec.Cmd {
	cmd := exec.Command("bash", "-c", command)
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "TERM=xterm-256color")
	return cmd
}

// terminal returns what a command leaves on the screen.
func (s *shell) terminal(command string) []line {
	if s.err != nil {
		return nil
	}
	control, err := pty.StartWithSize(s.command(command), &pty.Winsize{Rows: rows, Cols: columns})
	if err != nil {
		s.err = fmt.Errorf("running %s: %w", command, err)
		return nil
	}
	defer control.Close()
	screen := vt100.NewVT100(rows, columns)
	if _, err := io.Copy(screen, control); err != nil && !errors.Is(err, syscall.EIO) { // Linux ends a terminal with EIO
		s.err = fmt.Errorf("reading the output of %s: %w", command, err)
	}
	var lines []line
	for row := range screen.Cursor.Y {
		lines = append(lines, lineOf(screen.Content[row], screen.Format[row]))
	}
	return lines
}

// lineOf cuts a row where its style changes, and leaves blanks at the end out.
func lineOf(content []rune, styles []vt100.Format) (l line) {
	end := len(strings.TrimRight(string(content), " "))
	for column, r := range []rune(string(content)[:end]) {
		if last := len(l) - 1; last >= 0 && l[last].style == styles[column] {
			l[last].text += string(r)
			continue
		}
		l = append(l, text{column, styles[column], string(r)})
	}
	return l
}
