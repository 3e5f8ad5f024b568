package diagnose

import (
	"regexp"
	"strings"
)

// A frame says how clearly a line is somebody's error. Texts such as "no space left on device" or "not found" are
// everywhere; only in BuildKit's frame do they concern us.
type frame int

const (
	bare  frame = iota // no error as far as the line tells
	said               // some program's error or warning
	build              // an error of buildx or BuildKit
	cache              // an error of a gha cache step
)

// A logLine is one line without colours and timestamps.
type logLine struct {
	text   string // to show
	core   string // the message inside its wrappers
	frame  frame
	fatal  bool   // says that the build ended on it
	vertex string // the number of BuildKit's step, empty without one
}

var (
	escapes = regexp.MustCompile(`\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-_])`)
	// stamp is what Actions logs put in front: gh run view adds job and step.
	stamp   = regexp.MustCompile(`^(?:[^\t]*\t[^\t]*\t)?\x{feff}?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z ?`)
	command = regexp.MustCompile(`^(?:##\[(?:error|warning)\]|::(?:error|warning)(?: [^:]*)?::)`)
	// output is what a RUN step prints, live or repeated after a failure: never an error of ours.
	output = regexp.MustCompile(`^(?:#\d+ )?\d+\.\d+ `)
	// daemon is a line of buildkitd's own log.
	daemon = regexp.MustCompile(`^\s*time="[^"]*" level=(?:(?:error|warning|fatal) msg="|debug msg="(error while importing ))`)
)

// wrappers are the prefixes that programs put in front of another's message.
var wrappers = []struct { //nolint:gochecknoglobals // a constant, but for its expressions
	prefix *regexp.Regexp
	frame  frame
	fatal  bool
}{
	{regexp.MustCompile(`^(?i:error|warning|warn): `), said, false},
	{regexp.MustCompile(`^(?:Failed to (?:save|restore): |Cache reservation failed: |(?:getCacheEntry|reserveCache|saveCache|downloadCache|uploadChunk \([^)]*\)) failed: )`), said, false},
	{regexp.MustCompile(`^#\d+ ERROR: `), build, false},
	{regexp.MustCompile(`^(?:failed to (?:solve|build)(?: with frontend [\w.]+)?: |(?:buildx )?(?:bake |call )?failed with: )`), build, true},
	{regexp.MustCompile(`^(?:/moby\.buildkit\.v1\.Control/Solve returned error: |error writing layer blob: |error committing cache \S+: |failed to (?:copy|compute cache key|load cache key): |failed to push +\S+: )`), build, false},
	{regexp.MustCompile(`^(?:rpc error: code = \w+ desc = |target \S+: )`), bare, false},
	{regexp.MustCompile(`^failed to configure gha cache (?:ex|im)porter: |^error while importing cache manifest from cmId=gha:\d+: `), cache, false},
}

// parseLine takes a line apart. A line that is a RUN step's output has no core.
func parseLine(raw []byte) logLine {
	text := strings.ToValidUTF8(string(raw), "\uFFFD")
	if strings.Contains(text, "\x1b") {
		text = escapes.ReplaceAllString(text, "")
	}
	text = strings.TrimRight(text[len(stamp.FindString(text)):], " \t")
	l := logLine{text: text}
	if output.MatchString(text) {
		return l
	}
	if rest, ok := strings.CutPrefix(text, "#"); ok {
		l.vertex, _, _ = strings.Cut(rest, " ")
	}
	if cmd := command.FindString(text); cmd != "" {
		l.text, l.frame = text[len(cmd):], said
	}
	l.core = l.undaemon(l.text)
	l.unwrap()
	return l
}

// undaemon reads the message of a line of buildkitd's log.
func (l *logLine) undaemon(s string) string {
	m := daemon.FindStringSubmatchIndex(s)
	if m == nil {
		return s
	}
	l.frame = max(l.frame, said)
	start := m[1]
	if m[2] >= 0 {
		start = m[2]
	}
	msg := strings.NewReplacer(`\"`, `"`, `\n`, "").Replace(s[start:])
	end := strings.LastIndexByte(msg, '"')
	if end < 0 {
		return msg
	}
	return msg[:end]
}

// unwrap strips wrappers until none is left; their strongest frame counts.
func (l *logLine) unwrap() {
	for again := strings.Contains(l.core, ": "); again; {
		again = false
		for _, w := range wrappers {
			if m := w.prefix.FindString(l.core); m != "" {
				l.core, again = l.core[len(m):], true
				l.frame, l.fatal = max(l.frame, w.frame), l.fatal || w.fatal
			}
		}
	}
}

// cause returns the place in the catalogue of the first that explains the line. A process that failed quotes its
// command line, which may hold anything.
func (l logLine) cause(known []Cause) (int, bool) {
	if l.core == "" || strings.HasPrefix(l.core, `process "`) {
		return 0, false
	}
	for i, c := range known {
		if l.frame >= c.least && c.match.MatchString(l.core) {
			return i, true
		}
	}
	return 0, false
}
