package diagnose

import (
	"regexp"
	"strings"
	"unicode"
)

// maxEvidence is the longest evidence shown, in runes.
const maxEvidence = 300

// secrets are the forms in which credentials stand in logs, each with what may stay of it.
var secrets = []struct { //nolint:gochecknoglobals // a constant, but for its expressions
	form *regexp.Regexp
	keep string
}{
	{regexp.MustCompile(`eyJ[\w-]*(?:\.[\w-]*)*`), "***"},                             // a JWT, even cut short
	{regexp.MustCompile(`\b(?:gh[a-z]_|github_pat_)\w*`), "***"},                      // a GitHub token
	{regexp.MustCompile(`(?i)(bearer |basic )[\w.~+/=-]+`), "${1}***"},                // an Authorization header
	{regexp.MustCompile(`(://)[^/\s"@]+@`), "${1}***@"},                               // user information in a URL
	{regexp.MustCompile(`(\.actions\.githubusercontent\.com/)[\w-]{20,}`), "${1}***"}, // the account in a v1 URL
	{regexp.MustCompile(`(?i)((?:token|sig|signature|secret|password)=)[^\s&"',]*`), "${1}***"},
	{regexp.MustCompile(`(?i)((?:token|secret|password)\\?"\s*:\s*\\?")[^"\\]*`), "${1}***"},
}

// evidence is a line fit to be shown: no credentials, no control characters, not too long.
func evidence(text string) string {
	for _, s := range secrets {
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
