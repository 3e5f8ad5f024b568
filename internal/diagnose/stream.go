package diagnose

import "bytes"

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
