package source

import (
	"bytes"

	"github.com/docker-ghacache/docker-ghacache/internal/lazyregexp"
)

// behindRE matches the rest of a line that has only a comment.
var behindRE = lazyregexp.New(`^["']?[}\], \t]*[ \t](#[^\r\n]*)`)

// Comment returns the comment after t on its line.
func (t Text) Comment() Text {
	_, end, ok := t.Span(0, len(t.Value))
	if !ok {
		return Text{src: t.src}
	}
	m := behindRE().FindSubmatchIndex(t.src[end:])
	if m == nil {
		return Text{src: t.src}
	}
	return Literal(t.src, end+m[2], end+m[3])
}

// Indent returns the indentation of the line of t.
func (t Text) Indent() string {
	start := bytes.LastIndexByte(t.src[:t.at], '\n') + 1
	return string(t.src[start:t.at])
}

// Newline returns the line ending of the file of t.
func (t Text) Newline() string {
	if n := bytes.IndexByte(t.src, '\n'); n > 0 && t.src[n-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}
