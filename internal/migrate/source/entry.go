package source

import (
	"strings"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
	"github.com/docker-ghacache/docker-ghacache/internal/lazyregexp"
)

// Attribute is one field of a cache entry: entry[Start:End], its value from From on.
type Attribute struct {
	Key        string // as written, with spaces, in lower case
	Start, End int
	From       int
	Quoted     bool
}

// Attributes splits a cache entry at its commas. As in buildx, a field with a comma
// is quoted as a whole. Text in ${{ }}, ${ } or $( ) is not split.
func Attributes(entry string) []Attribute {
	var out []Attribute
	start, depth, quoted := 0, 0, false
	for i := 0; i <= len(entry); i++ {
		switch {
		case i == len(entry) || entry[i] == ',' && depth == 0 && !quoted:
			out = append(out, field(entry, start, i))
			start = i + 1
		case entry[i] == '"':
			quoted = !quoted
		case strings.IndexByte("{(", entry[i]) >= 0:
			depth++
		case strings.IndexByte("})", entry[i]) >= 0:
			depth = max(0, depth-1)
		}
	}
	return out
}

func field(entry string, start, end int) Attribute {
	a := Attribute{Start: start, End: end}
	if end-start > 1 && entry[start] == '"' && entry[end-1] == '"' {
		a.Start, a.End, a.Quoted = start+1, end-1, true
	}
	key, _, found := strings.Cut(entry[a.Start:a.End], "=")
	if !found {
		return Attribute{Start: a.Start, End: a.End, From: a.End}
	}
	a.Key, a.From = strings.ToLower(key), a.Start+len(key)+1
	return a
}

var (
	entryRE = lazyregexp.New(`(?:^|[\s"'=,])type=gha(?:$|[\s"',;)\]}\\])`)
	flagRE  = lazyregexp.New(`(?:cache[-_](?:to|from)|(?:ex|im)port-cache)["']?\+?[= ]`)
)

// FindGHA is where s says type=gha, nil if it does not.
func FindGHA(s string) []int {
	if !strings.Contains(s, "type=gha") {
		return nil
	}
	return entryRE().FindStringIndex(s)
}

// Entry finds the gha cache entry in a word such as type=gha,mode=max,
// --cache-to=type=gha or *.cache-from=type=gha.
func Entry(word string) (i, j int, ok bool) {
	at := FindGHA(word)
	if at == nil {
		return 0, 0, false
	}
	word = Masked(word) // brackets and spaces of an expression end nothing
	for _, flag := range flagRE().FindAllStringIndex(word[:at[0]+1], -1) {
		i = flag[1]
	}
	if i == 0 {
		i = strings.LastIndexAny(word[:at[0]+1], " \t'[{(") + 1
	}
	if quote := strings.IndexAny(word[i:at[1]], `"'`); quote == 0 {
		if end := strings.IndexByte(word[i+1:], word[i]); end > 0 {
			return i + 1, i + 1 + end, true
		}
		i++
	}
	j = len(strings.TrimRight(word, " \t\r"))
	return i, max(i, j), true
}

// Scope returns the scope of a cache entry, or BuildKit's default.
func Scope(entry string) string {
	scope := cacheopts.DefaultScope
	for _, a := range Attributes(entry) {
		if a.Key == "scope" {
			scope = entry[a.From:a.End]
		}
	}
	return scope
}
