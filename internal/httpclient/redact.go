package httpclient

import (
	"slices"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/lazyregexp"
)

// redactedError has the text of an error without its secrets. The error that it
// wraps is for errors.Is and errors.As, not for printing.
type redactedError struct {
	text string
	error
}

func (r redactedError) Error() string { return r.text }
func (r redactedError) Unwrap() error { return r.error }

// Redact returns err with another text, from which it removes the token. An empty token
// removes nothing.
func Redact(err error, text, token string) error {
	if token != "" {
		text = strings.ReplaceAll(text, token, "REDACTED")
	}
	return redactedError{text, err}
}

var (
	// queryRE finds the query of a URL, which holds its signature.
	queryRE = lazyregexp.New(`(https?://[^\s"?]+)\?[^\s"]*`)
	// signatureRE finds a signature where a service quotes a URL in part, or in an escaped form.
	signatureRE = lazyregexp.New(`(?i)(sig(?:nature)?(?:=|%3d))[^\s"&]*`)
	// bearerRE finds the token of an Authorization header, whoever's it is.
	bearerRE = lazyregexp.New(`(?i)\b(bearer\s+)[\w.~+/=-]+`)
)

// MaxText is the length of an error's text, in bytes, that [RedactSigned] keeps.
const MaxText = 500

// RedactSigned removes the token, those after the word Bearer, and the signatures of URLs
// from the text of err, and makes one line of it: azcore's errors have many lines and rules
// between them, and go-actions-cache quotes whole pages.
func RedactSigned(err error, token string) error {
	text := queryRE().ReplaceAllString(Redact(err, err.Error(), token).Error(), "$1?REDACTED")
	text = signatureRE().ReplaceAllString(text, "${1}REDACTED")
	text = bearerRE().ReplaceAllString(text, "${1}REDACTED")
	words := slices.DeleteFunc(strings.Fields(text), func(word string) bool { return strings.Trim(word, "-") == "" })
	text = strings.Join(words, " ")
	if len(text) > MaxText {
		text = strings.ToValidUTF8(text[:MaxText], "") + "..."
	}
	return redactedError{text, err}
}
