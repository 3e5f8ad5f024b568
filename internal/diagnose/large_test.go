//go:build unix

package diagnose_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/text/encoding/unicode"

	"github.com/docker-ghacache/docker-ghacache/internal/diagnose"
)

// A generated log is never held as a whole: size bytes of what builds print, and the last lines of one that failed.
type generated struct {
	left int
	rest []byte
	most uint64 // bytes in use while it was read
	line int
}

const failing = `#18 exporting to GitHub Actions Cache
#18 ERROR: maximum timeout reached
ERROR: failed to solve: maximum timeout reached
`

var busy = []string{
	"2025-04-16T10:00:00.0000000Z #12 3.456 cc -O2 -Wall -Werror -c -o object.o source.c  # and so on and on\n",
	"2025-04-16T10:00:00.0000000Z #12 3.457 warning: unused variable 'error' [-Wunused-variable]\n",
	"2025-04-16T10:00:00.0000000Z #12 3.458 --- FAIL: TestUpload (0.00s)\n",
	"2025-04-16T10:00:00.0000000Z npm warn deprecated something: it has failed to be maintained, use another cache\n",
	"2025-04-16T10:00:00.0000000Z Some line of some other program, without anything in it at all that matters here\n",
	"2025-04-16T10:00:00.0000000Z error: could not compile `x` (lib) due to 1 previous error\n",
	"2025-04-16T10:00:00.0000000Z [INFO] Building jar: target/x.jar\n",
}

func (g *generated) Read(p []byte) (int, error) {
	if len(g.rest) == 0 {
		switch {
		case g.left > 0:
			g.rest = []byte(busy[g.line%len(busy)])
			g.line++
			g.left -= len(g.rest)
			if g.left <= 0 {
				g.rest = append(g.rest, failing...)
			}
			if g.line%50_000 == 0 {
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				g.most = max(g.most, m.HeapAlloc)
			}
		default:
			return 0, io.EOF
		}
	}
	n := copy(p, g.rest)
	g.rest = g.rest[n:]
	return n, nil
}

// used is the time that this process has had of the processors: the machine may be busy with something else.
func used(t *testing.T) time.Duration {
	t.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		t.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func TestALogOf100MBIsAMatterOfSeconds(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	log := &generated{left: 100 << 20}
	start := used(t)
	got, err := diagnose.Explain(log)
	if err != nil {
		t.Fatal(err)
	}
	took := used(t) - start
	t.Logf("%v, %d MB", took, log.most>>20)
	if len(got) != 1 || got[0].Cause.ID != "throttled-too-long" || got[0].Line != log.line+2 {
		t.Errorf("got %+v after %d lines", got, log.line)
	}
	if log.most > 100<<20 {
		t.Errorf("took %d MB", log.most>>20)
	}
	if took > 5*time.Second {
		t.Errorf("took %v", took)
	}
}

func TestALogMayBeEncoded(t *testing.T) {
	packed := func(s string) string {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		io.WriteString(z, s)
		z.Close()
		return b.String()
	}
	utf16 := func(order unicode.Endianness, bom unicode.BOMPolicy) func(string) string {
		return func(s string) string {
			out, err := unicode.UTF16(order, bom).NewEncoder().String(s)
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
	}
	for name, encode := range map[string]func(string) string{
		"UTF-8 with a mark":           func(s string) string { return "\ufeff" + s },
		"gzip":                        packed,
		"gzip twice":                  func(s string) string { return packed(packed(s)) },
		"UTF-16 of PowerShell":        utf16(unicode.LittleEndian, unicode.UseBOM),
		"UTF-16 the other way round":  utf16(unicode.BigEndian, unicode.UseBOM),
		"UTF-16 without a mark":       utf16(unicode.LittleEndian, unicode.IgnoreBOM),
		"big UTF-16 without a mark":   utf16(unicode.BigEndian, unicode.IgnoreBOM),
		"gzip of UTF-16, with a mark": func(s string) string { return packed(utf16(unicode.LittleEndian, unicode.UseBOM)(s)) },
	} {
		t.Run(name, func(t *testing.T) {
			got := explain(t, encode(strings.ReplaceAll(failing, "\n", "\r\n")))
			if len(got) != 1 || got[0].Cause.ID != "throttled-too-long" || got[0].Line != 2 {
				t.Errorf("got %+v", got)
			}
		})
	}
	for name, log := range map[string]string{"gzip that is cut": packed(failing)[:20], "a zip archive": "PK\x03\x04..."} {
		if _, err := diagnose.Explain(strings.NewReader(log)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// What keeps lines from being taken apart must not keep a cause from being seen.
func TestOtherLinesHideNoCause(t *testing.T) {
	before := strings.Repeat("Some line of some other program\n", 20)
	for _, test := range realLogs {
		want := test.want
		if got := explain(t, before+test.log); len(got) == 0 || got[0].Cause.ID != want {
			t.Errorf("%s: got %v, want %s", test.name, ids(got), want)
		}
	}
}
