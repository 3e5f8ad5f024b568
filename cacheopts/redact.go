package cacheopts

import (
	"regexp"
	"strings"
)

const redacted = "*****"

// secretWords are in the names of attributes that hold a credential, of any
// type: token, ghtoken, session_token, secret_access_key.
const secretWords = `token|secret|password|account_key`

// Redacted prints the entry as [Entry.String] does, for display: the values of
// token and ghtoken, and of what looks like a credential of another type, are
// replaced by *****.
func (e Entry) Redacted() string {
	for key := range e.Attrs {
		if secret(key) {
			e = e.With(key, redacted)
		}
	}
	return e.String()
}

// Redact hides the credentials of a whole value, for display. A value that
// buildx cannot read is cut off after the first name of a credential, because
// nobody can tell where the credential ends.
func Redact(value string) string {
	entries, err := Parse(value)
	if err != nil {
		return cutSecret(value)
	}
	if len(entries) == 1 && entries[0].Redacted() != entries[0].String() {
		return entries[0].Redacted()
	}
	return value
}

func secret(key string) bool {
	return regexp.MustCompile(`(?i)`+secretWords).MatchString(key) || nearest(strings.TrimSpace(key)).Secret
}

func cutSecret(value string) string {
	at := regexp.MustCompile(`(?i)(?:` + secretWords + `)[^=]*=`).FindStringIndex(value)
	if at == nil {
		return value
	}
	return value[:at[1]] + redacted
}
