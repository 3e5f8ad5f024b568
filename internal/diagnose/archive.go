package diagnose

import (
	"strings"
)

// An archive is the file of a cache entry that a client of the cache unpacks. tar and its helpers say that it is torn in
// lines that no client marks as errors, and in words that they have for any file: they count behind the client's command
// or in front of its error.
type archive struct {
	packed   int // the line of the command that packs one; 0 without one
	unpacked int // the line of the command; 0 without one
	torn     int // the line that says that a file is torn; 0 without one
}

var packs = compile(`\b[gb]?s?tar(?:\.exe"?)? .*-(?:cf|cz -f|c) (?:\S*[/\\])?cache\.(?:tgz|tzst|tar)\b`)

var unpacks = compile(`\b[gb]?s?tar(?:\.exe"?)? .*-(?:xf?|xz -f) .*[/\\]cache\.(?:tgz|tzst|tar)(?:["\s]|$)`)

var torn = compile(`gzip: stdin: (?:unexpected end of file|invalid compressed data|not in gzip format|decompression OK, trailing garbage)|Unexpected EOF in archive|This does not look like a tar archive|truncated gzip input|tar(?:\.exe)?: (?:Error opening archive: )?(?:[Tt]runcated |Damaged tar archive|Unrecognized archive format)|(?:zstd|/\*stdin\*\\).*(?:premature end|unexpected end of file|unsupported format|Data corruption|Decoding error)`)

var noRoom = compile(`(?:(?:zstd|gzip|tar)\b|/\*stdin).*: (?:No space left on device|Disk quota exceeded)(?:$| \()`)

var untars = compile(`(?:^|: )(?:Tar|"?\S*tar(?:\.exe)?"?) failed with error: The process `)

// tornWithin is how many lines lie between the command, what tar says, and the client's error, at most.
const tornWithin = 12

// mark puts what a line tells of an archive in front of its message.
func (a *archive) mark(l *logLine, number int) {
	switch {
	case a.add(l, number):
		l.core = "torn: " + l.core
	case packs.MatchString(l.text):
		a.packed = number
	case (near(a.packed, number) || near(a.unpacked, number)) && noRoom.MatchString(l.text):
		l.core = "packing: " + l.core
	case l.frame == said && untars.MatchString(l.text):
		*a = archive{}
		l.core = "archive: " + l.core
	}
}

// add takes a line and reports whether it shows that the archive of a cache entry is torn.
func (a *archive) add(l *logLine, number int) bool {
	switch {
	case strings.Contains(l.text, " -x") && unpacks.MatchString(l.text):
		*a = archive{unpacked: number}
	case torn.MatchString(l.text):
		a.torn = number
		return near(a.unpacked, number)
	case l.frame == said && near(a.torn, number) && untars.MatchString(l.text):
		*a = archive{}
		return true
	}
	return false
}

func near(before, number int) bool { return before > 0 && number-before <= tornWithin }
