package cacheopts

import (
	"fmt"
	"log/slog"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
)

const redacted = "*****"

// secretName matches the name of an attribute that holds a credential, of any
// type, by its words: token, ghtoken, session_token, secret_access_key. An
// access_key_id is none, and neither is an author.
const secretName = `(?i)(?:^|[^a-z0-9])(?:[a-z0-9]*(?:token|secret|password|passwd)s?[0-9]*|auth|authorization|credentials?|pat|sig|signature)(?:[^a-z0-9]|$)` +
	`|(?:access|account|api|private|secret)[-_.]?key\s*$`

// String prints the entry for people, without its credentials: ***** replaces
// the values that [Entry.Secrets] names, those of attributes that type=gha
// does not know, and the user information and the query of URLs. Apart from that it is [Entry.Value]. All verbs of fmt and log/slog
// print this, too.
func (e Entry) String() string {
	gha := e.meant().GHA()
	for key, value := range e.Attrs {
		if secret(key, value) || gha && lookup(tidy(key)).Name == "" {
			e = e.With(key, redacted)
		} else if shown := hideInURL(value); shown != value {
			e = e.With(key, shown)
		}
	}
	e.Type = cutSecret(e.Type)
	return e.Value()
}

// Secrets names the attributes that hold a credential, sorted. A credential does
// not belong into a command line, which every user of a machine can read.
func (e Entry) Secrets() []string {
	var names []string
	for _, key := range slices.Sorted(maps.Keys(e.Attrs)) {
		if secret(key, e.Attrs[key]) {
			names = append(names, key)
		}
	}
	return names
}

// Redact hides the credentials of a whole value, for display. A value that
// buildx cannot read is cut off after the first name of a credential, because
// nobody can tell where the credential ends.
func Redact(value string) string {
	entries, err := Parse(value)
	if err != nil {
		return cutSecret(value)
	}
	if len(entries) == 1 && entries[0].String() != entries[0].Value() {
		return entries[0].String()
	}
	return value
}

// patterns are compiled on first use.
var patterns = sync.OnceValue(func() (p struct{ secret, name, user, query *regexp.Regexp }) { //nolint:gochecknoglobals // constants
	p.secret = regexp.MustCompile(secretName)
	p.name = regexp.MustCompile(`[^,="]*=`)
	p.user = regexp.MustCompile(`(://)[^/?#\s]*@`)
	p.query = regexp.MustCompile(`(://[^?\s,"]*\?)[^\s,"]+`)
	return p
})

// hideInURL hides what can be a credential in a URL: its user information and its query.
func hideInURL(value string) string {
	value = patterns().user.ReplaceAllString(value, "${1}"+redacted+"@")
	return patterns().query.ReplaceAllString(value, "${1}"+redacted)
}

// secret also knows the signature in a URL of Azure.
func secret(key, value string) bool {
	return patterns().secret.MatchString(key) || nearest(strings.TrimSpace(key)).Secret || strings.Contains(value, "sig=")
}

func cutSecret(value string) string {
	for _, at := range patterns().name.FindAllStringIndex(value, -1) {
		if secret(value[at[0]:at[1]-1], "") {
			return hideInURL(value[:at[1]]) + redacted
		}
	}
	return hideInURL(value)
}

// Format implements [fmt.Formatter]: every verb formats [Entry.String].
func (e Entry) Format(s fmt.State, verb rune) {
	fmt.Fprintf(s, fmt.FormatString(s, verb), e.String())
}

// Format implements [fmt.Formatter]. It shows no token.
func (rt Runtime) Format(s fmt.State, verb rune) {
	type runtime Runtime
	shown := runtime(rt)
	shown.Token, shown.GHToken = hide(rt.Token), hide(rt.GHToken)
	fmt.Fprintf(s, fmt.FormatString(s, verb), shown)
}

// Format implements [fmt.Formatter]. It shows no token.
func (r Result) Format(s fmt.State, verb rune) {
	type result Result
	shown := result(r)
	shown.Env = maps.Clone(r.Env)
	for name, value := range r.Env {
		shown.Env[name] = hide(value)
	}
	fmt.Fprintf(s, fmt.FormatString(s, verb), shown)
}

func hide(token string) string {
	if token == "" {
		return ""
	}
	return redacted
}

// LogValue implements [slog.LogValuer]: a log has [Entry.String].
func (e Entry) LogValue() slog.Value { return logged(e) }

// LogValue implements [slog.LogValuer]. It shows no token.
func (r Request) LogValue() slog.Value {
	type request Request // its own String names it, and lacks the entry
	return logged(request(r))
}

// LogValue implements [slog.LogValuer]. It shows no token.
func (c Completed) LogValue() slog.Value { return logged(c) }

// LogValue implements [slog.LogValuer]. It shows no token.
func (r Result) LogValue() slog.Value { return logged(r) }

// LogValue implements [slog.LogValuer]. It shows no token.
func (rt Runtime) LogValue() slog.Value { return logged(rt) }

func logged(v any) slog.Value { return slog.StringValue(fmt.Sprintf("%+v", v)) }
