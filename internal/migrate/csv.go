package migrate

import (
	"regexp"
	"strings"
)

// attr is one field of a cache entry: entry[start:end], its value from on.
type attr struct {
	key        string // as written, with spaces, in lower case
	start, end int
	from       int
	quoted     bool
}

// attributes splits a cache entry at its commas. As in buildx a field with
// a comma is quoted whole; what stands in ${{ }}, ${ } or $( ) is not split.
func attributes(entry string) []attr {
	var out []attr
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

func field(entry string, start, end int) attr {
	a := attr{start: start, end: end}
	if end-start > 1 && entry[start] == '"' && entry[end-1] == '"' {
		a.start, a.end, a.quoted = start+1, end-1, true
	}
	key, _, found := strings.Cut(entry[a.start:a.end], "=")
	if !found {
		return attr{start: a.start, end: a.end, from: a.end}
	}
	a.key, a.from = strings.ToLower(key), a.start+len(key)+1
	return a
}

var (
	ghaRE  = regexp.MustCompile(`(?:^|[\s"'=,])type=gha(?:$|[\s"',;)\]}\\])`)
	flagRE = regexp.MustCompile(`(?:cache[-_](?:to|from)|(?:ex|im)port-cache)["']?\+?[= ]`)
)

// cacheEntry finds the gha cache entry in a word such as type=gha,mode=max,
// --cache-to=type=gha or *.cache-from=type=gha.
func cacheEntry(word string) (i, j int, ok bool) {
	at := ghaRE.FindStringIndex(word)
	if at == nil {
		return 0, 0, false
	}
	word = masked(word) // brackets and spaces of an expression end nothing
	for _, flag := range flagRE.FindAllStringIndex(word[:at[0]+1], -1) {
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
