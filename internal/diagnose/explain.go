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
	Fatal    bool   `json:"fatal"`    // the log says that a build ended on it
}

// Explain reads a build's log and returns the causes it shows, best first: what ended a build before what did not,
// the certain before the probable, the specific before the general. Each cause is returned once. Where the last build
// ended on something else, that comes first. The log may be UTF-8 or UTF-16, and compressed by gzip. Explain holds a
// few lines at a time, of which it reads the first 8 KiB. No finding is no error; an error is the reader's.
func Explain(r io.Reader) ([]Finding, error) {
	text, err := decoded(r)
	if err != nil {
		return nil, fmt.Errorf("reading log: %w", err)
	}
	s := NewScanner()
	if _, err := io.Copy(s, text); err != nil {
		return nil, fmt.Errorf("reading log: %w", err)
	}
	return s.Findings(), nil
}

// ExplainError explains the message of a failed build as buildx's history keeps it, without "failed to solve".
func ExplainError(message string) (Finding, bool) {
	s := NewScanner()
	_, _ = s.Write([]byte("ERROR: failed to solve: " + message)) // it never fails
	return s.Failure()
}

// A Scanner finds causes in a stream that is written to it, such as the standard error of a running build. How the
// stream is cut into writes makes no difference. It is not safe for concurrent use.
type Scanner struct {
	lines   lineBuffer
	build   buildState
	number  int
	azure   azureError
	wrapped wrappedError
	vain    int // errors of other programs that did not go on
	paste   paste
	found   map[int]*Finding // by place in the catalogue
	failure *Finding         // of the last line on which a build ended
	another *Finding         // the last line on which a build ended, where it is not the cache's
	dropped *Finding
	tail    tail

	action    action // of the step
	attempts  []hit  // of an action, until it tells whether it is one for artifacts
	told      int    // the last line in which a client of the cache says why it failed; 0 without one
	archive   archive
	stall     stall
	buildxAt  int    // the last line that runs buildx; 0 without one
	composeAt int    // the last line that runs docker compose; 0 without one
	unended   bool   // the line at buildxAt goes on in the next one
	making    string // what the last line begins to do with a builder: creating or booting one
	flag      string // that docker, or buildx, has just said not to know
	flagAt    int    // the line of it
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
	s.end()
	s.trustPaste()
	known := catalogue()
	out := make([]Finding, 0, len(s.found))
	for i := range known {
		if f := s.found[i]; f != nil && !s.superseded(known, i) && (!known[i].rooted || s.explainsAnother(known[i])) {
			out = append(out, *f)
		}
	}
	if len(out) == 0 && s.dropped != nil {
		return []Finding{*s.dropped}
	}
	if !slices.ContainsFunc(out, func(f Finding) bool { return f.Cause.ID != unknownCause }) {
		if conceived := s.conceive(); len(conceived) > 0 || len(out) == 0 {
			return conceived
		}
	}
	slices.SortStableFunc(out, func(a, b Finding) int { return cmp.Compare(a.rank(), b.rank()) })
	out = onceEach(rootsFirst(out))
	if len(out) > 0 && s.another != nil && !slices.ContainsFunc(out, func(f Finding) bool { return slices.Contains(f.Cause.leads, otherCause) }) {
		out = slices.Insert(out, 0, *s.another)
	}
	return out
}

// rootsFirst moves what explains a finding in front of it.
func rootsFirst(all []Finding) []Finding {
	for i := range all {
		at := slices.IndexFunc(all[:i], func(f Finding) bool { return slices.Contains(all[i].Cause.leads, f.Cause.ID) })
		if at >= 0 {
			root := all[i]
			all = slices.Insert(slices.Delete(all, i, i+1), at, root)
		}
	}
	return all
}

// explainsAnother reports whether a log shows what a cause leads to.
func (s *Scanner) explainsAnother(c Cause) bool {
	for i := range s.found {
		if slices.Contains(c.leads, catalogue()[i].ID) {
			return true
		}
	}
	return false
}

// onceEach keeps the best finding of each cause, which may have several texts.
func onceEach(all []Finding) []Finding {
	seen := set{}
	return slices.DeleteFunc(all, func(f Finding) bool {
		again := seen[f.Cause.ID]
		seen.add(f.Cause.ID)
		return again
	})
}

// superseded reports whether another cause that was found is why this one was. That one takes its place.
func (s *Scanner) superseded(known []Cause, place int) bool {
	if s.found[place].Cause.Certain && known[place].proof != nil {
		return false // its own text proves it
	}
	for i, f := range s.found {
		if slices.Contains(known[i].leads, known[place].ID) {
			f.Fatal = f.Fatal || s.found[place].Fatal
			return true
		}
	}
	return false
}

// Failure ends the stream and returns the cause of the error on which its last build ended. There is none where that
// error does not carry it, whatever else the stream showed: a cache that failed may have been tolerated, or cancelled
// because something else had failed.
func (s *Scanner) Failure() (Finding, bool) {
	s.end()
	if s.failure == nil {
		return Finding{}, false
	}
	return *s.failure, true
}

func (s *Scanner) end() {
	s.lines.end(s.line)
	s.endAzure()
	s.endWrapped()
	s.endAttempts()
	s.endStall()
	s.endBuild()
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
	s.tail.see(raw, s.number)
	if s.uneventful(raw) {
		return
	}
	for _, part := range unescaped(raw) {
		s.part(part)
	}
}

func (s *Scanner) part(raw []byte) {
	l := parseLine(raw)
	if l.frame > bare || strings.HasPrefix(l.text, "panic: ") || strings.HasPrefix(l.text, "github.com/moby/buildkit/") {
		s.tail.mark(s.number)
	}
	s.place(&l)
	s.archive.mark(&l, s.number)
	s.stall.see(&l, s.number)
	s.paste.add(&l, s.number)
	if s.azure.add(&l, s.number) {
		return
	}
	s.endAzure()
	if s.unwrap(&l) {
		return
	}
	switch {
	case strings.Contains(l.text, "type=gha") && requested().MatchString(l.text):
		s.endBuild()
		s.build = buildState{number: s.number, request: l.text}
	case strings.HasPrefix(l.text, firstStep):
		s.endSteps()
	}
	if len(s.attempts) > 0 && artifactFailed().MatchString(l.text) {
		s.attempts = nil
	}
	s.build.see(&l)
	if !s.azure.begin(&l, s.number) {
		s.explain(&l, s.number)
	}
}

// unwrap takes a line that goes on with an error before it.
func (s *Scanner) unwrap(l *logLine) bool {
	whole, cause, ok, is := s.wrapped.add(l, catalogue())
	switch {
	case !is:
		s.endWrapped()
	case ok:
		number := s.wrapped.number
		s.wrapped, s.vain = wrappedError{}, 0
		s.conclude(&whole, number, cause)
	}
	return is
}

func (s *Scanner) endAzure() {
	if l, number := s.azure.line, s.azure.number; number > 0 {
		s.azure = azureError{}
		s.explain(&l, number)
		s.endWrapped()
	}
}

func (s *Scanner) endWrapped() {
	e := s.wrapped
	if e.number == 0 {
		return
	}
	s.wrapped = wrappedError{}
	if ofOthers(&e.line) && s.vain < maxVain {
		s.vain++
	}
	if e.general > 0 {
		s.conclude(&e.line, e.number, e.general)
		return
	}
	s.unexplained(&e.line, e.number)
}

// explain looks for the cause of a line. An error without one may go on in the next line.
func (s *Scanner) explain(l *logLine, number int) {
	known := catalogue()
	i, ok := l.cause(known)
	switch {
	case ok && l.frame == bare && instance().MatchString(l.text):
		return
	case ok && !l.vague(known[i]):
		s.conclude(l, number, i)
		return
	}
	if inner, at, found := l.mentioned(known); found {
		s.conclude(&inner, number, at)
		return
	}
	switch {
	case l.frame <= bare || l.core == "":
	case ofOthers(l) && s.vain == maxVain:
		s.wrapped = wrappedError{line: *l, number: number}
		s.endWrapped()
	default:
		s.wrapped.begin(l, number)
		if ok {
			s.wrapped.general = i
		}
	}
}
