package diagnose

import (
	"encoding/json"
	"regexp"
	"strings"
	"sync"
)

// maxChunks bounds how many prefixes of CI systems and viewers a line may have, one in the other.
const maxChunks = 10

// framing are the expressions that take a line out of what surrounds it.
type framing struct {
	escape  *regexp.Regexp // colours, titles and Buildkite's timestamps
	chunk   *regexp.Regexp // a prefix that some system puts in front of each line
	number  *regexp.Regexp // of a line, in front of what surely begins one
	command *regexp.Regexp // of a runner, which says that the line is an error or a warning
	link    *regexp.Regexp // what GitHub's page makes of a number, where somebody copied a log from it
	output  *regexp.Regexp // what a RUN step prints, live or repeated after a failure: never an error of ours
}

// frames is compiled on first use, like the catalogue.
var frames = sync.OnceValue(func() framing { //nolint:gochecknoglobals // the same for every log
	return framing{
		escape:  regexp.MustCompile(`\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]_P^X][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-_])`),
		chunk:   regexp.MustCompile(`^(?:` + strings.Join(chunks(), "|") + `)`),
		number:  regexp.MustCompile(`^(\d{1,6}:?\s+)(?:#\d+ |(?i:error|warning): |[Ff]ailed to |> |=> |##\[|::)`),
		command: regexp.MustCompile(`^(?:(?:##)?\[(?:error|warning)\]|::(?:error|warning)(?: [^:]*)?::)`),
		link:    regexp.MustCompile(`\[(\d+)\]\(https?://[^\s)]*#step:\d+:\d+\)`),
		output:  regexp.MustCompile(`^(?:(?:#\d+ )?\d+\.\d+(?: |$)|=> => # )`),
	}
})

// chunks are the prefixes. None of them can be the beginning of an error of BuildKit's, buildx's or a client's.
func chunks() []string {
	const (
		zone  = `(?: ?(?:Z|[+-]\d\d:?\d\d|[AP]M|[A-Z]{3,4})\b)?`
		clock = `\d\d?:\d\d(?::\d\d(?:[.,]\d+)?` + zone + `|[AP]M)`
		month = `(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)`
	)
	return []string{
		`\s+`,
		`\*\*(?i:error|warning):?\*\*:?\s+`, // a label in Markdown
		`section_(?:start|end):\d+:\S*\s*`,  // GitLab
		`\d\d[OE][+ ]`,                      // GitLab, behind its timestamp
		`\[?(?:\d{4}[-/]\d\d[-/]\d\d[T ,]+|\w{3}, \d\d? ` + month + ` \d{4} |` + month + ` +\d\d? )?` + clock + `\]?:?(?:\s|$)`,
		`[\w.-]+ [\w./-]+\[\d+\]: `, // journald, behind its timestamp
		`::\*\*\*::`,                // a command that a runner has masked
		`##\[\w+\]`,                 // Azure Pipelines
		`\[[^\][]{0,80}\](?:\([^)]*\))?(?::\s+|\s*)`, // Jenkins, act, kubectl, npm; a link in Markdown
		"(?:[^|│┃┆\"'`\\t:]|:\\S){0,64}[|│┃┆]\\s?",   // compose, act, Gitea, goreleaser
		"[^\\t\"`]{1,80}\\t",                         // gh run view
		`(?:[X!>+*#-]|=>|>>>?|~~~|\+\+\+|---)\s+`,
		`[^\x00-\x7f]{1,8}\s+`,
		"[" + quotes + "]+",
		`\d{1,3}[.)]\s+`,
	}
}

// quotes are what people put around a line that they post.
const quotes = "\"'`*_"

// unframe takes off what surrounds a line, and tells whether a runner calls it an error or a warning, and whether it is
// what a RUN step printed.
func unframe(text string) (inner string, said, printed bool) {
	f := frames()
	if strings.Contains(text, "\x1b") {
		text = f.escape.ReplaceAllString(text, "")
	}
	text = strings.TrimPrefix(unquoted(strings.TrimRight(text, " \t\r")), "\ufeff")
	text = text[stampLength(text):]
	var opened []string
	for range maxChunks {
		switch {
		case f.output.MatchString(text):
			return text, said, true
		case f.command.MatchString(text):
			text, said = text[len(f.command.FindString(text)):], true
			continue
		}
		n := 0
		if mayHaveChunk(text) {
			n = len(f.chunk.FindString(text))
		}
		if n == 0 && text != "" && digit(text[0]) {
			if at := f.number.FindStringSubmatchIndex(text); at != nil {
				n = at[3]
			}
		}
		if n == 0 {
			break
		}
		if strings.ContainsAny(text[:1], quotes) {
			opened = append(opened, text[:n])
		}
		text = strings.TrimPrefix(text[n:], "\ufeff")
	}
	if strings.Contains(text, "#step:") {
		text = f.link.ReplaceAllString(text, "$1")
	}
	for _, quote := range strings.Join(opened, "") {
		text = strings.TrimSuffix(text, string(quote))
	}
	return text, said, false
}

// mayHaveChunk spares most lines the expression: those that begin with a step's number, or with a word that no bar, tab
// or bracket follows soon.
func mayHaveChunk(text string) bool {
	if len(text) < 4 || !letter(text[0]) && text[0] != '#' {
		return text != ""
	}
	if text[0] == '#' {
		return text[1] == '#' || text[1] == ' '
	}
	head := text[:min(len(text), 100)]
	return text[1] == ' ' || (text[3] == ' ' || text[3] == ',') && text[0] < 'a' || strings.HasPrefix(text, "section_") || strings.ContainsAny(head, "|\t[") ||
		strings.Contains(head, "│") || strings.Contains(head, "┃") || strings.Contains(head, "┆")
}

func letter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
func digit(c byte) bool  { return '0' <= c && c <= '9' }

// stampLength is that of the timestamp of GitHub Actions that a line begins with; 0 without one.
func stampLength[T string | []byte](line T) int {
	const shortest = len("2006-01-02T15:04:05Z")
	if len(line) < shortest || line[4] != '-' || line[7] != '-' || line[10] != 'T' || line[13] != ':' {
		return 0
	}
	for i := shortest - 1; i < min(len(line), 32); i++ {
		if line[i] == 'Z' {
			if i+1 < len(line) && line[i+1] == ' ' {
				i++
			}
			return i + 1
		}
	}
	return 0
}

// unquoted is the message of a line that is an object of JSON, as docker's log driver and loggers write it.
func unquoted(text string) string {
	if !strings.HasPrefix(text, "{") || !strings.HasSuffix(text, "}") {
		return text
	}
	var line struct{ Log, Stream, Msg, Message, TextPayload, Kind string }
	if json.Unmarshal([]byte(text), &line) != nil || line.Kind != "" {
		return text
	}
	for _, message := range []string{line.Log, line.Msg, line.Message, line.TextPayload} {
		if message != "" {
			return strings.TrimSpace(message)
		}
	}
	if strings.ContainsRune(line.Stream, ' ') { // docker build's own; with "log" it is stdout or stderr
		return strings.TrimSpace(line.Stream)
	}
	return text
}
