package diagnose

import (
	"regexp"
	"strings"
)

// An archive is the file of a cache entry that a client of the cache unpacks. tar and its helpers say that it is torn in
// lines that no client marks as errors, and in words that they have for any file.
type archive struct {
	number int // of the line that unpacks it; 0 without one
}

var (
	unpacks = regexp.MustCompile(`\btar(?:\.exe"?)? .*[/\\]cache\.(?:tgz|tzst|tar)\b`)
	torn    = regexp.MustCompile(`gzip: stdin: (?:unexpected end of file|invalid compressed data|not in gzip format)|Unexpected EOF in archive|truncated gzip input|zstd.*(?:premature end|unsupported format|Data corruption|Decoding error)`)
)

// tornWithin is how many lines after the command tar and its helpers may say it.
const tornWithin = 12

// add takes a line and reports whether it says that the archive of a cache entry is torn.
func (a *archive) add(l *logLine, number int) bool {
	if strings.Contains(l.text, "cache.t") && strings.Contains(l.text, " -x") && unpacks.MatchString(l.text) {
		a.number = number
		return false
	}
	if a.number == 0 || number-a.number > tornWithin || !torn.MatchString(l.text) {
		return false
	}
	a.number = 0
	return true
}
