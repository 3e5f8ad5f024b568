package diagnose

import (
	"slices"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/lazyregexp"
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

// A logLine is one line without colours, timestamps and what else surrounds it.
type logLine struct {
	text    string // to show
	message string // without who says it: the same on the step that failed and at the end of the build
	core    string // the message inside its wrappers
	frame   frame
	client  bool   // it is a client of the cache that says it: actions/cache, the toolkit, sccache
	fatal   bool   // says that the build ended on it
	vertex  string // the number of BuildKit's step, empty without one
	output  string // what a RUN step printed, or else the text
	step    string // the number of that RUN step
}

// toolkit is what begins a message of a client for an expression that is only for clients.
const toolkit = `^toolkit: `

// daemon is a line of buildkitd's own log.
var daemon = lazyregexp.New(`^\s*time="[^"]*" level=(?:(?:error|warning|fatal) msg="|debug msg="(error while importing ))`)

// statusLost is how buildx ends when the connection to BuildKit does.
const statusLost = "failed to receive status: "

// wrappers are the prefixes that programs put in front of another's message.
var wrappers = []struct { //nolint:gochecknoglobals // a constant, but for its expressions
	prefix pattern
	frame  frame
	client bool
	fatal  bool
	part   bool // of the message itself
}{
	{prefix: compile(`^Error: {4,}`), frame: build}, // docker buildx inspect, of a node
	{prefix: compile(`^ERROR: failed to build: ` + refused), frame: build, fatal: true},
	{prefix: compile(`^` + byEngine), frame: build},
	{prefix: compile(`^(?i:error|warning|warn): +|^(?:ERR|FTL|WRN|(?:ERRO|FATA|WARN)\[\d+\]) +`), frame: said},
	{prefix: compile(`^(?:(?:Failed to (?:save|restore)(?: (?:the )?(?:JDK |[\w-]+-wrapper )?cache| [\w-]+ cache with error)?|(?:Saving|Restoring|Save|Restore) cache failed|Basic caching failed to (?:restore from cache|save entry with key \S+)|(?:Restore|Save) Gradle distribution \S+ failed): (?:Error: )?|Failed to reserve cache: |There was an error (?:restoring|saving) the cache:? |(?:\w*Error: )?request to https?://\S*(?:artifactcache[./]|CacheService/|/actions-cache/)\S* failed, reason: |Failed to (?:CreateCacheEntry|FinalizeCacheEntryUpload|GetCacheEntryDownloadURL): |Received non-retryable error: |Failed to make request after \d+ attempts: |Rate limited: |Failed to save cache entry with path .*?: Error: |Failed to restore (?:cache entry with key )?(?:v\d+-)?(?:gradle|dependencies|generated-gradle-jars|wrapper-zips|transforms|instrumented-jars|kotlin-dsl|groovy-dsl|configuration-cache)\S*: Error: |Attempt \d of 5 failed with error: |(?:uploadCacheArchiveSDK: )?internal error uploading cache archive(?::? (?:request to \S+ )?failed, reason)?: |(?:getCacheEntry|reserveCache|saveCache|commitCache|downloadCache|uploadChunk \([^)]*\))(?: - Attempt \d+ of \d+)? failed(?: with error)?: )`), frame: said, client: true},
	{prefix: compile(`^(?:sccache: (?i:error|warning): |storage write check failed: |cache storage read check: |Server startup failed: (?:cache storage failed to \w+: |create gha cache failed: )|data close failed: |(?:Unexpected|NotFound|AlreadyExists|ConditionNotMatch|ConfigInvalid) \((?:permanent|temporary|persistent)\)(?: at ?[\w:]*)? ?(?:, context: \{[^}]*\})? ?=> (?:send (?:async|http) request )?|GitHub API error: )`), frame: said, client: true},
	{prefix: compile(`^(?:\w+ \(\w+\) at .*=> )?AzblobError \{ code: "\w+", message: "`), frame: said, client: true},
	{prefix: compile(`^#\d+ ERROR: `), frame: build},
	{prefix: compile(`^(?:failed to (?:solve|build)(?: with frontend [\w.]+)?: |(?:buildx )?(?:bake |call )?failed with: |buildx call failed:? )`), frame: build, fatal: true},
	{prefix: compile(`^/moby\.buildkit\.v1\.(?:Control/Solve|frontend\.LLBBridge/\w+) returned error: `), frame: build},
	{prefix: compile(`^(?:rpc error: code = \w+ desc = |target \S+: )`)},
	// What gRPC's codes other than Unknown become (BuildKit's util/grpcerrors).
	{prefix: compile(`^(?:Canceled|InvalidArgument|DeadlineExceeded|NotFound|AlreadyExists|PermissionDenied|ResourceExhausted|FailedPrecondition|Aborted|OutOfRange|Unimplemented|Internal|Unavailable|DataLoss|Unauthenticated): `)},
	{prefix: compile(`^(?:error writing layer blob: |failed to read dockerfile: |error committing cache \S+: |failed to (?:compute cache key|load cache key): |failed to push +\S+: )`), frame: build, part: true},
	{prefix: compile(`^` + copying), frame: said, part: true}, // containerd's, which pulls images for others too
	// What a relay says of its own requests to the service (internal/relay).
	{prefix: compile(`^(?:not writing the index: |(?:sending|looking up) cache "[^"]*": )`), frame: build, part: true},
	{prefix: compile(`^failed to configure gha cache (?:ex|im)porter: |^error while importing cache manifest from cmId=gha:\d+: `), frame: cache, part: true},
}

// refused is what docker's client begins an error of the Engine with. Behind an action's "Error: " and buildx's "ERROR: " it
// is one of starting a builder: in a build it would follow "failed to solve: ". docker info says "ERROR: " too.
const (
	refused  = "Error response from daemon: "
	byEngine = "Error: ERROR: " + refused
)

// toVersion1 begins an error of a request of version 1: a client that speaks version 2 has other names for its requests.
const toVersion1 = "getCacheEntry failed: "

var ofVersion1 = lazyregexp.New(`^(?:getCacheEntry|reserveCache|saveCache|commitCache|uploadChunk)\b`)

// ofSccache begins what sccache prints in a RUN step, where it asks the same service.
const ofSccache = "sccache: "

// parseLine takes a line apart. A line that is a RUN step's output has no core.
func parseLine(raw []byte) logLine {
	text, said, printed := unframe(strings.ToValidUTF8(string(raw), "\uFFFD"))
	if !printed {
		return parseText(text, said)
	}
	l := logLine{text: text}
	if at := strings.Index(text, ofSccache); at >= 0 {
		l = parseText(text[at:], said)
	}
	prefix := frames().output.FindString(text)
	l.output = strings.TrimSpace(text[len(prefix):])
	if l.step = "repeated"; strings.HasPrefix(prefix, "#") {
		l.step, _, _ = strings.Cut(prefix, " ")
	}
	return l
}

// parseText takes a line apart that nothing surrounds.
func parseText(text string, marked bool) logLine {
	l := logLine{text: text, output: text}
	if rest, ok := strings.CutPrefix(text, "#"); ok {
		l.vertex, _, _ = strings.Cut(rest, " ")
	}
	if marked {
		l.frame = said
	}
	l.core = l.undaemon(l.text)
	if marked && strings.HasPrefix("Error: "+l.core, byEngine) {
		l.core = "Error: " + l.core // that a runner has put into its own words
	}
	if strings.Contains(l.core, "RESPONSE ") {
		l.core = ruler().ReplaceAllString(l.core, " ") // somebody put the lines of Azure's client into one
	}
	l.unwrap()
	return l
}

// undaemon reads the message of a line of buildkitd's log.
func (l *logLine) undaemon(s string) string {
	m := daemon().FindStringSubmatchIndex(s)
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
	inside, copied, pushed, old, engine, configured := false, false, false, false, false, false
	for again := wrappable(l.core); again; again = again && wrappable(l.core) {
		again = false
		for _, w := range wrappers {
			m := w.prefix.FindString(l.core)
			if m == "" {
				continue
			}
			l.core, again, inside = l.core[len(m):], true, inside || w.part
			l.frame, l.fatal, l.client = max(l.frame, w.frame), l.fatal || w.fatal, l.client || w.client
			copied, pushed = copied || m == copying, pushed || strings.HasPrefix(m, "failed to push")
			old, engine = old || ofVersion1().MatchString(m), engine || strings.HasSuffix(m, refused)
			configured = configured || strings.HasPrefix(m, "failed to configure gha cache")
			if !inside {
				l.message = l.core
			}
		}
	}
	ours := l.fatal || l.vertex != ""
	switch core := restore(l.core); {
	case engine:
		l.core = byEngine + l.core
	case configured && ofToken().MatchString(l.core):
		l.core = "token is malformed: " + l.core
	case ours && copied && !pushed && strings.HasPrefix(core, `Get "`), (ours || inside) && !pushed && uploads(l.core):
		l.frame = max(l.frame, build)
		l.asksCache()
	case copied && core == l.core:
		l.frame = max(l.frame, build)
	case copied && !pushed:
		l.core = core
	case old && strings.HasPrefix(l.core, "<h2>"):
		l.core = toVersion1 + l.core
	}
	l.fatal = l.fatal || l.frame > bare && strings.HasPrefix(l.core, statusLost)
}

// ofToken is what old clients say of a runtime token that is none, before they ask the cache service for anything.
var ofToken = lazyregexp.New(`^(?:illegal base64 data at input byte|invalid character '.+' looking for beginning of value)`)

// wrappable tells most lines, which have no wrapper, without an expression.
func wrappable(core string) bool {
	return strings.Contains(core, ": ") || strings.Contains(core, " => ")
}

// copying is what containerd says of a layer on its way, and the one wrapper without which a failure of the network
// could be anything's.
const copying = "failed to copy: "

// opening is what containerd may say between that and the failure, for an expression.
const opening = `(?:httpReadSeeker: failed open: (?:failed to do request: )?(?:(?:Get|Head) "[^"]*": )?)?`

var broke = lazyregexp.New(`^` + opening + goCut)

func restore(core string) string {
	if broke().MatchString(core) {
		return copying + core
	}
	return core
}

var storage = compile(`(?:\bfor url \(|\buri: )([^\s,)]+)|\bservice: (ghac|azblob|s3|gcs|oss|cos|obs|redis|memcached|webdav)\b|=> ((?:S3|Gcs|Oss|Cos|Obs)Error)\b`)

var ofCache = lazyregexp.New(`^ghac$|/_apis/|CacheService/|actions[.-]|\.blob\.core\.windows\.net|devstoreaccount1|/(?:up|down)load/|^https?://(?:\*\*\*|\.\.\.|…)`)

// ofItself matches what sccache says of the server that it runs by itself.
var ofItself = lazyregexp.New(`connect to server|response to client|data from server|sccache: (?:error|warning): [\w ]+\(os error`)

// foreign reports whether sccache or OpenDAL says of a storage that it is none of a job's cache service.
func foreign(text string) bool {
	if strings.Contains(text, ofSccache) && ofItself().MatchString(text) {
		return true
	}
	if strings.Contains(text, ".blob.core.") && ofAccount(text) {
		return true
	}
	all := storage.FindAllStringSubmatch(text, 4)
	if slices.ContainsFunc(all, func(m []string) bool { return m[2] != "" && m[2] != "ghac" }) {
		return true // whatever its URL looks like: azblob is the same storage, but somebody's own account
	}
	return len(all) > 0 && !slices.ContainsFunc(all, func(m []string) bool { return ofCache().MatchString(m[1] + m[2] + m[3]) })
}

// explained reports whether a cause is known for the line by itself.
func (l *logLine) explained() bool {
	_, ok := l.cause(catalogue())
	return ok
}

// inReply begins what a client says of a reply of the service whose own words follow.
var inReply = compile(`^(?:Cache reservation failed: |Unable to reserve cache with key .*\. +More details: )`)

// cause returns the place in the catalogue of the first that explains the line: the words of the service, or else those of
// its client.
func (l *logLine) cause(known []Cause) (int, bool) {
	at, found := l.causeOfAll(known)
	m := inReply.FindString(l.core)
	if m == "" || found && !slices.Contains([]string{keyExists, "reserve-refused"}, known[at].ID) {
		return at, found
	}
	own := *l
	own.core, own.client = strings.TrimPrefix(l.core, m), true
	if i, ok := own.causeOfAll(known); ok && known[i].ID != unknownCause || strings.HasPrefix(own.core, "<") {
		return i, ok
	}
	return at, found
}

// causeOfAll takes the whole line. A process that failed quotes its command line, which may hold anything.
func (l *logLine) causeOfAll(known []Cause) (int, bool) {
	if l.core == "" || strings.HasPrefix(l.core, `process "`) || !l.client && mute(l.core, l.frame) {
		return 0, false
	}
	if foreign(l.text) {
		return 0, false
	}
	marked := "toolkit: " + l.core
	for i := range known {
		if c := &known[i]; l.frame >= c.least && (c.match.MatchString(l.core) || l.client && c.match.MatchString(marked)) {
			return i, true
		}
	}
	return 0, false
}
