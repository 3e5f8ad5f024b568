package diagnose

import (
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/lazyregexp"
)

var (
	// requested is a command line that asks for a gha cache.
	requested = lazyregexp.New(`\b(?:docker|buildx)\b.*\b(?:build|bake)\b.*cache-(?:from|to)[= ]["']?(?:\S+,)?type=gha\b`)
	// ghaStep is the name of a step that reads or writes a gha cache; bake puts the target in front.
	ghaStep = compile(`^#\d+ (?:\[\S+\] )?(?:importing cache manifest from gha:\d+|exporting to GitHub (?:Actions )?[Cc]ache)`)
	// bootStep is the name of the step in which buildx starts a builder.
	bootStep = compile(`^#\d+ \[(?:\S+ )?internal\] booting buildkit`)
	neverUp  = lazyregexp.New(notBooted)
	// statusCode is all that gRPC leaves of an error at times (BuildKit's util/grpcerrors); dots, or what BuildKit was
	// about to do, are all that people leave who post one.
	statusCode = lazyregexp.New(`^(?:Canceled|DeadlineExceeded|Unavailable|Internal|Unknown|Aborted|\.{3}|…|failed to (?:compute|load) cache key|error writing layer blob)$`)
	// exported shows that the build came as far as its end.
	exported = compile(`^#\d+ (?:\[\S+\] )?(?:exporting to (?:image|client|oci|docker|local)|sending tarball)|` + noOutput + `(?:with|for) `)
)

// Where a step reads a local cache, or a layout of the OCI, both of which BuildKit asks buildx for; and what BuildKit says
// of a layer that is not there.
const (
	localStep  = "importing cache manifest from local:"
	layoutStep = "OCI load from client"
)

var localMiss = lazyregexp.New(`^content (?:digest )?sha256:\S+: not found$`)

// noReference is all that an old BuildKit says of the name of an image that it cannot read. Before it writes an image,
// that is most likely one of a cache option.
const noReference = "invalid reference format"

// noOutput begins buildx's warning at the end of a build that writes no image.
const noOutput = "No output specified "

// firstStep begins buildx's output; the numbers of its steps begin again.
const firstStep = "#0 building with "

// maxSteps bounds the steps and errors that a buildState remembers; no build has as many gha caches.
const maxSteps = 256

// A buildState follows one build through its progress output.
type buildState struct {
	number  int    // of the line that asked for a gha cache
	request string // that line, empty where none was seen
	steps   set    // those of gha caches
	boot    string // the step that starts the builder
	down    bool   // it failed
	own     set    // messages of gha steps that failed
	others  set    // messages of other steps that failed, and those on which a build ended
	local   bool   // it reads a local cache
	layout  bool   // it reads a layout of the OCI
	writes  bool   // it came to write an image
	used    bool   // a gha cache was read or written
	ended   bool
	failed  bool
	held    []hit // findings of gha steps, until all errors of the build are known
}

// A hit is a line that a cause explains.
type hit struct {
	cause   int // place in the catalogue
	message string
	Finding
}

type set map[string]bool

func (s *set) add(key string) {
	if *s == nil {
		*s = set{}
	}
	if len(*s) < maxSteps {
		(*s)[key] = true
	}
}

// see learns from a line, and tells it when it is an error of a gha step.
func (b *buildState) see(l *logLine) {
	if l.vertex != "" && ghaStep.MatchString(l.text) {
		b.steps.add(l.vertex)
		b.used = true
	}
	if l.vertex != "" && bootStep.MatchString(l.text) {
		b.boot = l.vertex
	}
	b.down = b.down || strings.Contains(l.text, "booting buildkit") && neverUp().MatchString(l.core)
	b.local = b.local || strings.Contains(l.text, localStep)
	b.layout = b.layout || strings.Contains(l.text, layoutStep)
	b.writes = b.writes || strings.Contains(l.text, "exporting to ")
	b.ended = b.ended || exported.MatchString(l.text)
	if l.frame < build {
		return
	}
	b.failed = true
	switch {
	case l.vertex != "" && l.vertex == b.boot:
		b.down = true
		l.core = boots(l.core)
		return
	case l.vertex == "1" && strings.HasPrefix(l.core, refused): // no other step is the Engine's so early
		l.core = boots(l.core)
	case b.down && l.fatal && !l.explained():
		l.core = boots(l.core)
	}
	if l.fatal && !b.writes && l.core == noReference {
		l.core = "cache option: " + l.core
	}
	if b.local && !b.layout && localMiss().MatchString(l.core) {
		l.core = "local: " + l.core
	}
	switch {
	case b.steps[l.vertex]:
		l.frame = cache
		b.own.add(l.message)
	case b.own[l.message] && !b.others[l.message]:
		l.frame = cache
	case l.vertex != "" || l.fatal:
		b.others.add(l.message)
	}
	if l.frame == cache {
		l.asksCache()
	}
}

// boots marks the error on which the start of a builder ended.
func boots(core string) string {
	if fullDisk().MatchString(core) {
		return "filled: " // without the text, which other causes of a full disk match too
	}
	return booting[1:] + core
}

var fullDisk = lazyregexp.New(noSpace)

// hold keeps a finding of a gha step back.
func (b *buildState) hold(h hit) {
	if len(b.held) < maxSteps {
		b.held = append(b.held, h)
	}
}

// echoes reports whether the error of a gha step is another one's: BuildKit exports the cache while it pushes, and what
// fails first cancels the other, which then ends with `Post "…": ` and the error of the first.
func (b *buildState) echoes(h hit) bool {
	for message := range b.others {
		if message != "" && (h.message == message || strings.HasSuffix(h.message, ": "+message)) {
			return true
		}
	}
	return false
}

// droppedCache reports whether a build that asked for a gha cache ended well without touching one.
func (b *buildState) droppedCache() bool {
	return b.request != "" && b.ended && !b.failed && !b.used
}
