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
	text    string // to show
	message string // without who says it: the same on the step that failed and at the end of the build
	core    string // the message inside its wrappers
	frame   frame
	fatal   bool   // says that the build ended on it
	vertex  string // the number of BuildKit's step, empty without one
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

// statusLost is how buildx ends when the connection to BuildKit does.
const statusLost = "failed to receive status: "

// wrappers are the prefixes that programs put in front of another's message.
var wrappers = []struct { //nolint:gochecknoglobals // a constant, but for its expressions
	prefix *regexp.Regexp
	frame  frame
	fatal  bool
	part   bool // of the message itself
}{
	{prefix: regexp.MustCompile(`^(?i:error|warning|warn): `), frame: said},
	{prefix: regexp.MustCompile(`^(?:Failed to (?:save|restore): |Cache reservation failed: |(?:getCacheEntry|reserveCache|saveCache|downloadCache|uploadChunk \([^)]*\)) failed: )`), frame: said},
	{prefix: regexp.MustCompile(`^#\d+ ERROR: `), frame: build},
	{prefix: regexp.MustCompile(`^(?:failed to (?:solve|build)(?: with frontend [\w.]+)?: |(?:buildx )?(?:bake |call )?failed with: )`), frame: build, fatal: true},
	{prefix: regexp.MustCompile(`^/moby\.buildkit\.v1\.Control/Solve returned error: `), frame: build},
	{prefix: regexp.MustCompile(`^(?:rpc error: code = \w+ desc = |target \S+: )`)},
	// What gRPC's codes other than Unknown become (BuildKit's util/grpcerrors).
	{prefix: regexp.MustCompile(`^(?:Canceled|InvalidArgument|DeadlineExceeded|NotFound|AlreadyExists|PermissionDenied|ResourceExhausted|FailedPrecondition|Aborted|OutOfRange|Unimplemented|Internal|Unavailable|DataLoss|Unauthenticated): `)},
	{prefix: regexp.MustCompile(`^(?:error writing layer blob: |error committing cache \S+: |failed to (?:copy|compute cache key|load cache key): |failed to push +\S+: )`), frame: build, part: true},
	{prefix: regexp.MustCompile(`^failed to configure gha cache (?:ex|im)porter: |^error while importing cache manifest from cmId=gha:\d+: `), frame: cache, part: true},
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
	l.message = l.core
	inside := false
	for again := strings.Contains(l.core, ": "); again; {
		again = false
		for _, w := range wrappers {
			m := w.prefix.FindString(l.core)
			if m == "" {
				continue
			}
			l.core, again, inside = l.core[len(m):], true, inside || w.part
			l.frame, l.fatal = max(l.frame, w.frame), l.fatal || w.fatal
			if !inside {
				l.message = l.core
			}
		}
	}
	l.fatal = l.fatal || l.frame > bare && strings.HasPrefix(l.core, statusLost)
}

// cause returns the place in the catalogue of the first that explains the line. A process that failed quotes its
// command line, which may hold anything.
func (l *logLine) cause(known []Cause) (int, bool) {
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
