package diagnose

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
)

// A Finding is a cause that a log shows.
type Finding struct {
	Cause    Cause  `json:"cause"`
	Line     int    `json:"line"`     // of the first evidence, from 1
	Evidence string `json:"evidence"` // that line, without colours and credentials, at most 300 characters
	Fatal    bool   `json:"fatal"`    // the log says that the build ended on it
}

// Explain reads a build's log and returns the causes it shows, best first: what ended the build before what did not,
// the certain before the probable, the specific before the general. Each cause is returned once. It holds one
// line at a time, of which it reads the first 8 KiB. No finding is no error; an error is the reader's.
func Explain(r io.Reader) ([]Finding, error) {
	s := NewScanner()
	if _, err := io.Copy(s, r); err != nil {
		return nil, fmt.Errorf("reading log: %w", err)
	}
	return s.Findings(), nil
}

// ExplainError explains the message of a failed build as buildx's history keeps it, without "failed to solve".
func ExplainError(message string) []Finding {
	s := NewScanner()
	s.lines.feed([]byte("ERROR: failed to solve: "+message), s.line)
	return s.Findings()
}

// A Scanner finds causes in a stream that is written to it, such as the standard error of a running build. How the
// stream is cut into writes makes no difference. It is not safe for concurrent use.
type Scanner struct {
	lines   lineBuffer
	build   buildState
	number  int
	request pending
	found   map[int]*Finding // by place in the catalogue
	dropped *Finding
}

// NewScanner returns a Scanner that has seen nothing.
func NewScanner() *Scanner { return &Scanner{found: map[int]*Finding{}} }

// Write takes in the next part of the stream. It never fails.
func (s *Scanner) Write(p []byte) (int, error) {
	s.lines.feed(p, s.line)
	return len(p), nil
}

// Findings ends the stream and returns what it showed, best first, as [Explain] does.
func (s *Scanner) Findings() []Finding {
	s.lines.end(s.line)
	s.endBuild()
	known := catalogue()
	out := make([]Finding, 0, len(s.found))
	for i := range known {
		if f := s.found[i]; f != nil {
			out = append(out, *f)
		}
	}
	if len(out) == 0 && s.dropped != nil {
		return []Finding{*s.dropped}
	}
	slices.SortStableFunc(out, func(a, b Finding) int { return cmp.Compare(a.rank(), b.rank()) })
	return out
}

// rank is lower for the better finding.
func (f Finding) rank() (rank int) {
	if !f.Fatal {
		rank += 2
	}
	if !f.Cause.Certain {
		rank++
	}
	return rank
}

func (s *Scanner) line(raw []byte) {
	s.number++
	l := parseLine(raw)
	if strings.Contains(l.text, "type=gha") && requested.MatchString(l.text) {
		s.endBuild()
		s.build = buildState{number: s.number, request: l.text}
	}
	s.build.see(&l)
	if l.core == "" {
		return
	}
	if s.request.join(&l) {
		return
	}
	known := catalogue()
	i, ok := l.cause(known)
	if !ok {
		return
	}
	if f := s.found[i]; f != nil {
		f.Fatal = f.Fatal || l.fatal
		return
	}
	s.found[i] = &Finding{Cause: known[i], Line: s.number, Evidence: evidence(l.text), Fatal: l.fatal}
}

func (s *Scanner) endBuild() {
	if s.dropped == nil && s.build.droppedCache() {
		s.dropped = &Finding{Cause: droppedCause(), Line: s.build.number, Evidence: evidence(s.build.request)}
	}
	s.build = buildState{}
}

// A pending is the first line of an error of Azure's client, which spreads method, URL, status and code over several lines:
// https://github.com/Azure/azure-sdk-for-go/blob/main/sdk/azcore/internal/exported/response_error.go
type pending struct {
	line logLine
	left int // lines within which the status must come
}

// join makes one line of the two that matter, and reports whether l has to wait for the second.
func (p *pending) join(l *logLine) bool {
	switch {
	case l.frame >= build && blobRequest.MatchString(l.core):
		*p = pending{line: *l, left: 3}
		return true
	case p.left > 0 && strings.HasPrefix(l.core, "RESPONSE "):
		joined := p.line
		joined.core += " " + l.core
		joined.text += " " + l.core
		*l, p.left = joined, 0
	case p.left > 0:
		p.left--
	}
	return false
}
