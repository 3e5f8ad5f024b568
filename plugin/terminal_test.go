package plugin

import (
	"context"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
)

// terminal is a real one, with somebody who answers.
type terminal struct {
	t       testing.TB
	control *os.File
	tty     *os.File
	seen    locked
	read    chan struct{} // closed at the end of output
}

func newTerminal(t testing.TB, columns uint16) *terminal {
	t.Helper()
	control, tty, err := pty.Open()
	check(t, err)
	check(t, pty.Setsize(tty, &pty.Winsize{Rows: 50, Cols: columns}))
	term := &terminal{t: t, control: control, tty: tty, read: make(chan struct{})}
	go func() {
		defer close(term.read)
		_, _ = io.Copy(&term.seen, control) // ends with EIO when the terminal is closed
	}()
	return term
}

// close returns all that was to be seen.
func (term *terminal) close() string {
	term.t.Helper()
	check(term.t, term.tty.Close())
	<-term.read
	check(term.t, term.control.Close())
	return strings.ReplaceAll(term.seen.String(), "\r\n", "\n")
}

// reply waits for a text and types an answer to it. It reports whether the text came.
func (term *terminal) reply(text string, nth int, answer string) bool {
	for range 1000 {
		if strings.Count(term.seen.String(), text) >= nth {
			_, err := term.control.WriteString(answer)
			return err == nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return false
}

const (
	wide      = 160
	narrow    = 80
	endOfFile = "\x04"
)

// runOn runs a command on a terminal of so many columns, with answers to its
// questions. The outcome has all output in one.
func (d *desk) runOn(ctx context.Context, columns uint16, args []string, answers ...string) outcome {
	d.t.Helper()
	term := newTerminal(d.t, columns)
	go func() {
		for i, answer := range answers {
			if !term.reply("[y/N] ", i+1, answer) {
				return
			}
		}
	}()
	code := d.start(ctx, term.tty, term.tty, term.tty, args)
	return d.outcome(term.close(), "", code)
}
