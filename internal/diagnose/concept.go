package diagnose

import (
	"slices"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/lazyregexp"
)

// A concept is a cause as people and tools word it: something, and what is wrong with it, in any order, in one line or
// in neighbouring ones. It is asked only where the catalogue knows no text of a whole log
// that tells why, and is never certain.
type concept struct {
	id      string  // of the cause in the catalogue
	subject pattern // what failed
	failure pattern // how
	not     pattern // what shows that something else did
	near    int     // how many lines may lie between subject and failure, at most
	anybody bool    // the subject is so clear that it does not matter which program fails
}

// about is the concept of a cause, in lower case. The subject may be in the line of the failure only.
func about(id, subject, failure string) concept {
	return concept{id: id, subject: compile(subject), failure: compile(failure)}
}

// unless is the concept where no line that shows it has one of the words.
func (c concept) unless(words string) concept {
	c.not = compile(words)
	return c
}

// within is the concept whose subject may be so many lines away from its failure.
func (c concept) within(lines int) concept {
	c.near = lines
	return c
}

// whoever is the concept whatever program the line is of.
func (c concept) whoever() concept {
	c.anybody = true
	return c
}

// A conceived is a line of the end of a log, or of one around an error, for a concept.
type conceived struct {
	logLine
	number int
	lower  string
	counts bool // it may show a failure
	others bool // a program says it that fails in the same words
}

// ofSteps are what BuildKit and the old builder say of a RUN step that failed: the log is about its program.
var ofSteps = compile(`process "(?:/dev/\S+ )?/?\S*(?:sh|cmd|powershell)|executor failed running|the command '|did not complete successfully: exit code|returned a non-zero code`)

// ofTests are what programs that run tests say of one that failed: the log is about what the test expected.
var ofTests = compile(`\bassertionerror\b|^\s*--- fail: |\bexpect\(received\)`)

// ofPrograms are words of programs that fail in the same words, over the same networks and disks. A key of a cache may
// have them, so they do not count where a client of the cache speaks.
var (
	ofPrograms = compile(`\bnpm (?:err|warn|error|notice)|failed to download action|/tarball/|\byarn|\bpip\b|^e: |^err:\d|\bapt(?:-get)?\b|\bcurl\b|fatal: |crates\.io|maven|proxy\.golang\.org|\bartifacts?\b|huggingface|\bcachix\b|toomanyrequests|pull rate limit|pull access denied|insufficient_scope|authoriz|repository does not exist|(?:^|[:=] )denied: |requested access|postgres|mysql|redis\b|kubectl apply|^\s*e {3}|\.(?:c|cc|cpp|go|rs|java|ts|py|kt):\d+:(?:\d+:)? |workflow is not valid|invalid workflow|runner has received a shutdown|lost communication|hosted runner encountered|back off [\d.]+ seconds|failed commit on ref|azblob|s3error|s3://|memcached|varnish|terraform|assert|test_\w+\.py|^go: |remote cache|state lock|/v2/|ghcr\.io|docker\.io|registry`)
	ofClients  = compile(saves + `|unable to reserve cache|cache service responded|(?:getcacheentry|reservecache|uploadchunk.*) failed|_apis/artifactcache|actions/cache(?:@|:|/(?:save|restore)|\s|$)|^cache keys?: `)
)

// conceive returns the cause of the first concept that the lines show. A line nearer to the end is the likelier cause.
func conceive(lines []conceived) (Finding, bool) {
	for i := range lines {
		if l := &lines[i]; ofSteps.MatchString(l.lower) || ofTests.MatchString(l.lower) || foreign(l.text) || artifactFailed().MatchString(l.text) {
			return Finding{}, false
		}
	}
	for i := range lines {
		lines[i].judge()
	}
	for _, c := range concepts() {
		for i := len(lines) - 1; i >= 0; i-- {
			if c.shows(lines, i) {
				return Finding{Cause: c.cause(&lines[i]), Line: lines[i].number, Evidence: Evidence(lines[i].text), Fatal: lines[i].fatal}, true
			}
		}
	}
	return Finding{}, false
}

// judge tells what every concept asks of a line.
func (l *conceived) judge() {
	l.counts = l.core != "" && !strings.HasPrefix(l.core, `process "`) && !strings.HasPrefix(l.text, `{"`) && !strings.HasPrefix(l.text, "Run ") && !instance().MatchString(l.text)
	l.others = ofPrograms.MatchString(l.lower) && !ofClients.MatchString(l.lower)
}

// shows reports whether a line has the failure, and that line or one near it the subject.
func (c concept) shows(lines []conceived, i int) bool {
	if !lines[i].counts || c.denied(&lines[i]) || !c.failure.MatchString(lines[i].lower) && !c.failure.MatchString(joined(lines, i)) {
		return false
	}
	for at := max(0, i-c.near); at <= min(len(lines)-1, i+c.near); at++ {
		near := lines[at].number - lines[i].number
		if near >= -c.near && near <= c.near && c.subject.MatchString(lines[at].lower) && !c.denied(&lines[at]) {
			return true
		}
	}
	return false
}

// denied reports whether a line is somebody else's.
func (c concept) denied(l *conceived) bool {
	return !c.anybody && l.others || c.not.MatchString(l.lower)
}

// joined is a line with the next one, which may be what is left of it.
func joined(lines []conceived, i int) string {
	if i+1 == len(lines) || lines[i+1].core == "" || lines[i+1].frame > bare {
		return ""
	}
	return lines[i].lower + " " + lines[i+1].lower
}

var anAddress = lazyregexp.New(`(?:\b\d{1,3}(?:\.\d{1,3}){3}|\[::1\]|::1|\blocalhost):\d+`)

// cause is what the catalogue says of the cause, the less certain where there is a choice. No concept is certain.
func (c concept) cause(l *conceived) Cause {
	at := slices.IndexFunc(catalogue(), func(known Cause) bool { return known.ID == c.id && !known.Certain })
	if at < 0 {
		at = slices.IndexFunc(catalogue(), func(known Cause) bool { return known.ID == c.id })
	}
	known := catalogue()[at]
	known.Certain, known.proof = false, nil
	switch hostPort := anAddress().FindString(l.text); {
	case !strings.Contains(known.Title, address):
		return known
	case hostPort == "":
		return known.at("its address")
	default:
		return known.at(hostPort)
	}
}

// conceive asks the concepts for the cause of a log of which no text is known. Where a build ended on an error, it is
// about that one.
func (s *Scanner) conceive() []Finding {
	f, ok := conceive(s.tail.lines(s.number))
	if !ok || s.another != nil && (f.Line < s.another.Line-around || f.Line > s.another.Line+around) {
		return []Finding{}
	}
	return []Finding{f}
}

// What a tail keeps: the last lines of a log, those before an error, and how much of each, in bytes.
const (
	maxTail   = 14
	maxAround = 96
	around    = 12
	maxKept   = 2 << 10
)

// A tail is what looks like the failure of a log: its last lines, and the last errors with the lines before them.
type tail struct {
	last   [maxTail]kept // a ring, by number
	errors [maxAround]kept
	count  int // of lines that errors had
	next   int // the first line that errors has not seen
}

// kept is a line as it came. Its buffer serves the next line.
type kept struct {
	number int
	raw    []byte
}

func (k *kept) set(raw []byte, number int) {
	k.number = number
	k.raw = append(k.raw[:0], raw[:min(len(raw), maxKept)]...)
}

func (t *tail) see(raw []byte, number int) { t.last[number%maxTail].set(raw, number) }

// mark keeps the last line, which is an error, and those before it.
func (t *tail) mark(number int) {
	for n := max(t.next, number-around, 1); n <= number; n++ {
		t.errors[t.count%maxAround].set(t.last[n%maxTail].raw, n)
		t.count++
	}
	t.next = number + 1
}

// lines are those that were kept, in their order.
func (t *tail) lines(number int) (out []conceived) {
	for i := max(0, t.count-maxAround); i < t.count; i++ {
		if k := &t.errors[i%maxAround]; k.number <= number-maxTail {
			out = k.appendTo(out)
		}
	}
	for n := max(1, number-maxTail+1); n <= number; n++ {
		out = t.last[n%maxTail].appendTo(out)
	}
	return out
}

func (k *kept) appendTo(out []conceived) []conceived {
	for _, part := range unescaped(k.raw) {
		if l := parseLine(part); strings.TrimSpace(l.text) != "" {
			out = append(out, conceived{logLine: l, number: k.number, lower: strings.ToLower(l.text)})
		}
	}
	return out
}
