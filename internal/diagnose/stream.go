package diagnose

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"io"

	"golang.org/x/text/encoding/unicode"

	"github.com/docker-ghacache/docker-ghacache/internal/hint"
)

// decoded is the text of a log that may be compressed by gzip, or be UTF-16, as PowerShell writes it.
func decoded(r io.Reader) (io.Reader, error) {
	b := bufio.NewReaderSize(r, 64<<10)
	head, err := b.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	little := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	big := unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		z, err := gzip.NewReader(b)
		if err != nil {
			return nil, err
		}
		return decoded(z)
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return nil, hint.With(errors.New("the log is a zip archive"), "unzip -p FILE.zip | docker ghacache explain")
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}), len(head) == 4 && head[0] != 0 && head[1] == 0 && head[3] == 0:
		return little.NewDecoder().Reader(b), nil
	case bytes.HasPrefix(head, []byte{0xfe, 0xff}), len(head) == 4 && head[0] == 0 && head[1] != 0 && head[2] == 0:
		return big.NewDecoder().Reader(b), nil
	}
	return b, nil
}

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
