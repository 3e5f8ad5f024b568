package diagnose

import (
	"regexp"
	"strings"
	"sync"
	"unicode"
)

// maxEvidence is the longest evidence shown, in runes.
const maxEvidence = 300

// A secret is a form in which credentials stand in logs, with what may stay of it.
type secret struct {
	form *regexp.Regexp
	keep string
}

// secrets is compiled on first use, like the catalogue. The general forms come last.
var secrets = sync.OnceValue(func() []secret { //nolint:gochecknoglobals // the same for every log
	const (
		name  = `(?:[\w-]*(?:token|secret|passw(?:or)?d|pwd|passphrase|signature|credentials?|(?:api|access|account|private|shared|storage)[_-]?key)(?:[_-]\w*)?|sig|pat|auth|authorization|x-ms-copy-source-authorization|cookie|set-cookie)`
		value = `(?:"(?:[^"\\]|\\.)*"?|'[^']*'?|[^\s&"',;)}\]]+)`
	)
	return []secret{
		{regexp.MustCompile(`(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*`), "***"},
		{regexp.MustCompile(`eyJ[\w-]*(?:\.[\w-]*)*`), "***"},                                                                        // a JWT, even cut short
		{regexp.MustCompile(`\b(?:gh[a-z]_|github_pat_|glpat-|dckr_pat_|npm_|xox[a-z]-)[\w-]*|\b(?:AKIA|ASIA)[A-Z0-9]{12,}`), "***"}, // tokens by their beginning
		{regexp.MustCompile(`(?i)(\b(?:proxy-)?authorization["']?\s*[:=]\s*["']?)(?:[a-z]+ +)?[^\s"',;]+`), "${1}***"},
		{regexp.MustCompile(`(?i)\b((?:bearer|basic) +)[\w.~+/=-]+`), "${1}***"},
		{regexp.MustCompile(`(\w://)[^/\s"'<>@]*@`), "${1}***@"},                                                                     // user information in a URL
		{regexp.MustCompile(`(\.actions\.githubusercontent\.com/)[\w-]{20,}`), "${1}***"},                                            // the account in a v1 URL
		{regexp.MustCompile(`(?i)(\\?["']` + name + `\\?["']\s*[:=]\s*)(?:\\"(?:[^"\\]|\\[^"])*(?:\\")?|` + value + `)`), "${1}***"}, // in JSON, escaped or not
		{regexp.MustCompile(`(?i)((?:^|[^\w-])(?:--)?` + name + `\s*(?:=|:\s)\s*)` + value), "${1}***"},
		{regexp.MustCompile(`(?i)((?:^|\s)--?` + name + ` +)` + value), "${1}***"},
	}
})

// Evidence is a line fit to be shown: no credentials, no control characters, not too long.
func Evidence(text string) string {
	for _, s := range secrets() {
		text = s.form.ReplaceAllString(text, s.keep)
	}
	text = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text))
	if runes := []rune(text); len(runes) > maxEvidence {
		return string(runes[:maxEvidence-1]) + "…"
	}
	return text
}
