package ui

import (
	"io"
)

// Console is where a command reads what somebody answers, and where it prints.
type Console struct {
	Stdin  io.Reader
	Asks   bool // somebody at a terminal can answer
	Stdout Output
	Stderr Output
	Notes  Notes
}

// Progress is a line on standard error, drawn if that is a terminal.
func (c Console) Progress(label string, total int) Progress {
	p := Progress{Label: label, Total: total}
	if c.Stderr.Terminal {
		p.W = c.Stderr
	}
	return p
}
