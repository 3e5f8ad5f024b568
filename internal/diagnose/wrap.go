package diagnose

import (
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/lazyregexp"
)

// How many lines may follow the first of an error that something has broken into several: of BuildKit's or a client's, and
// of any program's, which a log has many of.
const (
	maxWrapped = 6
	fewWrapped = 2
	maxReport  = 12
)

// failedFetch is all that Node.js says of a request that failed, before the stack and the cause.
const failedFetch = "fetch failed"

// reports tells whether a client goes on with a report of many lines: Node.js does with a stack, OpenDAL with the context and
// the source of its error.
func (l *logLine) reports() bool {
	return inOpenDAL().MatchString(l.core) || l.client && (strings.HasSuffix(l.core, failedFetch) || strings.HasPrefix(l.text, ofSccache) || strings.Contains(l.text, " => "))
}

// inOpenDAL begins an error of OpenDAL, which tells only further on of which storage it is.
var (
	inOpenDAL = lazyregexp.New(`^[A-Z]\w+ \((?:permanent|temporary|persistent)\)`)
	// saysKind is one that is explained by its kind alone.
	saysKind = lazyregexp.New(`^(?:PermissionDenied|RateLimited) \(`)
)

// vague tells whether a cause is one of which only the place is known, so that what follows may say more.
func (l *logLine) vague(c Cause) bool {
	return c.ID == unknownCause || c.ID == "reserve-refused" && inReply.MatchString(l.core) || saysKind().MatchString(l.core)
}

// maxVain is after how many errors of other programs that explained nothing their further lines are no longer looked at.
const maxVain = 200

// ofOthers reports whether an error is neither BuildKit's nor a client's.
func ofOthers(l *logLine) bool { return l.frame < build && !l.client }

// A wrappedError is an error under way of which no cause is known, and which may go on in the lines after it: a mail
// program or a terminal broke it, or it quotes a reply of several lines.
type wrappedError struct {
	line          logLine // the first
	number        int     // of the first; 0 without an error
	general       int     // the place of the cause that explains it where nothing else does; 0 without one
	left          int     // lines that may come
	open          bool    // the first line ends in the middle
	report        bool    // it has empty lines, too
	spaced, tight string  // all of it, with and without a space where it was broken
}

func (e *wrappedError) begin(l *logLine, number int) {
	*e = wrappedError{line: *l, number: number, left: maxWrapped, spaced: l.text, tight: l.text}
	if ofOthers(l) {
		e.left = fewWrapped
	}
	e.open = strings.HasSuffix(l.text, ":")
	if e.report = l.reports(); e.report {
		e.left = maxReport
	}
}

// add takes a further line, and reports whether l is one, and the cause that is known now.
func (e *wrappedError) add(l *logLine, known []Cause) (whole logLine, cause int, ok, is bool) {
	open := e.open // what follows may look like an error of its own
	e.open = false
	if e.report && e.left > 0 {
		if l.step != "" && l.step == e.line.step || strings.HasSuffix(e.spaced, "{") {
			l = &logLine{text: l.output, core: l.output}
		}
		if l.text == "" || strings.Contains(l.text, "Error {") && foreign(e.spaced) {
			e.left--
			return logLine{}, 0, false, true
		}
	}
	if !e.mayGoOn(l, open) {
		return logLine{}, 0, false, false
	}
	e.left--
	e.spaced, e.tight = e.spaced+" "+l.text, e.tight+l.text
	if foreign(e.spaced) {
		e.general = 0
		return logLine{}, 0, false, true
	}
	for _, text := range []string{e.spaced, e.tight} {
		if ofOthers(&e.line) && mute(text, said) {
			continue
		}
		whole = e.parse(text)
		if i, found := whole.cause(known); found && !whole.vague(known[i]) {
			return whole, i, true, true
		}
	}
	return logLine{}, 0, false, true
}

// mayGoOn reports whether a line may be the next one of the error, and is no error of its own.
func (e *wrappedError) mayGoOn(l *logLine, open bool) bool {
	if e.number == 0 || e.left == 0 || l.vertex != "" || l.core == "" || dashes().MatchString(l.text) {
		return false
	}
	return open || l.frame <= said && l.core == l.text
}

// parse reads the text of several lines as one that stands where the first does.
func (e *wrappedError) parse(text string) logLine {
	l := parseText(text[:min(len(text), maxLine)], e.line.frame >= said)
	l.frame, l.fatal, l.client = max(l.frame, e.line.frame), l.fatal || e.line.fatal, l.client || e.line.client
	l.vertex, l.message = e.line.vertex, e.line.message
	return l
}

// A paste is what somebody copied out of a log: a few lines of which none is framed as one of buildx or BuildKit. It is
// taken at its word.
type paste struct {
	lines []logLine
	at    []int // their numbers
	over  bool  // it is no paste
}

// maxPaste is how many lines a paste has at most, apart from empty ones.
const maxPaste = 8

func (p *paste) add(l *logLine, number int) {
	switch {
	case p.over || strings.TrimSpace(l.text) == "":
		return
	case len(p.lines) == maxPaste || l.frame > said || l.vertex != "":
		*p = paste{over: true}
		return
	}
	p.lines, p.at = append(p.lines, *l), append(p.at, number)
}
