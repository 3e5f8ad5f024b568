package cacheopts

import (
	"regexp"
	"strings"
)

const redacted = "*****"

// secretWords are in the names of attributes that hold a credential, of any
// type: token, ghtoken, session_token, secret_access_key.
const secretWords = `token|secret|password|account_key|access_key|sig=|auth|_pat`

// Redacted prints the entry as [Entry.String] does, for display: the values of
// token and ghtoken, of attributes that type=gha does not know, and of what looks
// like a credential of another type, are replaced by *****.
func (e Entry) Redacted() string {
	gha := e.meant().GHA()
	for key := range e.Attrs {
		if secret(key) || gha && lookup(tidy(key)).Name == "" {
			e = e.With(key, redacted)
		}
	}
	e.Type = cutSecret(e.Type)
	return e.String()
}

// HasSecret reports whether the entry holds a credential, which does not belong
// into a command line.
func (e Entry) HasSecret() bool {
	for key := range e.Attrs {
		if secret(key) {
			return true
		}
	}
	return false
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
