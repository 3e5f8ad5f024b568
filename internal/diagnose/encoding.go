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
