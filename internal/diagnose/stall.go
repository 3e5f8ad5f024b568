package diagnose

import (
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/lazyregexp"
)

// A stall follows the download or upload of a cache entry, of which a client of the cache prints each second how far it
// is. One that stands still says nothing else: the job waits until somebody cancels it.
type stall struct {
	line   logLine // the first that says so
	number int     // of that line; 0 without one
	count  string  // how many bytes
	times  int     // how often it was the same
}

var transferred = lazyregexp.New(`^(?:Received|Sent) (\d+) of (\d+) \([\d.]+%\), [\d.]+ MBs/sec$`)

// minStall is how many seconds a transfer stands still, to tell anything.
const minStall = 5

func (p *stall) see(l *logLine, number int) {
	if !strings.HasSuffix(l.text, " MBs/sec") {
		return
	}
	m := transferred().FindStringSubmatch(l.text)
	switch {
	case m == nil:
	case m[1] == m[2]:
		*p = stall{}
	case p.number > 0 && m[1] == p.count:
		p.times++
	default:
		*p = stall{line: *l, number: number, count: m[1], times: 1}
	}
}

// endStall takes a transfer that never went on for a failure.
func (s *Scanner) endStall() {
	p := s.stall
	s.stall = stall{}
	if p.times < minStall {
		return
	}
	p.line.core, p.line.frame = "stalled: "+p.line.core, said
	if i, ok := p.line.cause(catalogue()); ok {
		s.conclude(&p.line, p.number, i)
	}
}
