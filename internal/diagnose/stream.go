package diagnose

import (
	"bytes"
	"regexp"
	"strings"
)

// maxLine is how much of a line is kept, in bytes. BuildKit quotes up to 32 KiB of a reply; the cause is in its beginning.
const maxLine = 8 << 10

// A lineBuffer cuts a stream into lines. What a lone carriage return overwrites is forgotten, as on a terminal.
type lineBuffer struct {
	buf   []byte
	begun bool // the line has begun
	cr    bool // the last byte was a carriage return
}

func (b *lineBuffer) feed(p []byte, line func([]byte)) {
	for len(p) > 0 {
		i := bytes.IndexAny(p, "\r\n")
		if i < 0 {
			b.keep(p)
			return
		}
		b.keep(p[:i])
		b.begun = true
		if p[i] == '\n' {
			b.end(line)
		} else {
			b.cr = true
		}
		p = p[i+1:]
	}
}

func (b *lineBuffer) keep(p []byte) {
	if len(p) == 0 {
		return
	}
	if b.cr {
		b.buf, b.cr = b.buf[:0], false
	}
	b.begun = true
	b.buf = append(b.buf, p[:min(len(p), maxLine-len(b.buf))]...)
}

// end passes on the line that has begun, if one has.
func (b *lineBuffer) end(line func([]byte)) {
	if b.begun {
		line(b.buf)
	}
	b.buf, b.begun, b.cr = b.buf[:0], false, false
}

var (
	// requested is a command line that asks for a gha cache.
	requested = regexp.MustCompile(`\b(?:docker|buildx)\b.*\b(?:build|bake)\b.*cache-(?:from|to)[= ]["']?(?:\S+,)?type=gha\b`)
	// ghaStep is the name of a step that reads or writes a gha cache.
	ghaStep = regexp.MustCompile(`^#\d+ (?:importing cache manifest from gha:\d+|exporting to GitHub (?:Actions )?[Cc]ache)`)
	// exported shows that the build came as far as its end.
	exported = regexp.MustCompile(`^#\d+ (?:exporting to (?:image|client|oci|docker|local)|sending tarball)|No output specified with `)
	// blobRequest is how Azure's client begins an error about a cache's blob.
	blobRequest = regexp.MustCompile(`^(?:GET|PUT|HEAD) https?://\S*(?:/actions-cache/|productionresultssa|/devstoreaccount1/|/download/)\S*$`)
)

// maxSteps bounds the steps that a buildState remembers; no build has as many gha caches.
const maxSteps = 256

// A buildState follows one build through its progress output.
type buildState struct {
	number  int    // of the line that asked for a gha cache
	request string // that line, empty where none was seen
	steps   map[string]bool
	failure string // the message of a gha step that failed
	ended   bool
	failed  bool
}

// see learns from a line, and tells it when it is an error of a gha step.
func (b *buildState) see(l *logLine) {
	if l.vertex != "" && ghaStep.MatchString(l.text) && len(b.steps) < maxSteps {
		if b.steps == nil {
			b.steps = map[string]bool{}
		}
		b.steps[l.vertex] = true
	}
	b.ended = b.ended || exported.MatchString(l.text)
	if l.frame < build {
		return
	}
	b.failed = true
	switch {
	case b.steps[l.vertex]:
		l.frame, b.failure = cache, l.core
	case b.failure != "" && strings.HasSuffix(l.core, b.failure):
		l.frame = cache
	}
}

// droppedCache reports whether a build that asked for a gha cache ended well without touching one.
func (b *buildState) droppedCache() bool {
	return b.request != "" && b.ended && !b.failed && len(b.steps) == 0
}
