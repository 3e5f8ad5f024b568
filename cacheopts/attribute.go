package cacheopts

import (
	"slices"
	"strings"
)

// Side says whether a cache is written or read.
type Side int

// The sides. Zero is none.
const (
	To   Side = iota + 1 // --cache-to
	From                 // --cache-from
)

// Name returns the flag's long name, "cache-to" or "cache-from", which is also
// the key of a bake target. It is empty for the zero value.
func (s Side) Name() string {
	switch s {
	case To:
		return "cache-to"
	case From:
		return "cache-from"
	}
	return ""
}

// String returns the flag, "--cache-to" or "--cache-from".
func (s Side) String() string { return "--" + s.Name() }

// Attribute describes one attribute of type=gha.
type Attribute struct {
	Name    string
	Sides   []Side // where BuildKit reads it
	Type    string // of the value, for a reader
	Default string // empty: none
	Meaning string // one line, lower case
	Secret  bool   // never to be shown
}

// On reports whether the attribute has a meaning on this side.
func (a Attribute) On(side Side) bool { return slices.Contains(a.Sides, side) }

// Attributes returns every attribute of type=gha that buildx (build/opt.go) and
// BuildKit (cache/remotecache/gha, control) read, the common ones first.
func Attributes() []Attribute {
	both, to := []Side{To, From}, []Side{To}
	return []Attribute{
		{Name: "scope", Sides: both, Type: "string", Default: DefaultScope, Meaning: "which cache of the repository; two images need two scopes"},
		{Name: "mode", Sides: to, Type: "min or max", Default: "min", Meaning: "max also keeps the layers of intermediate steps"},
		{Name: "ignore-error", Sides: to, Type: "boolean", Default: "false", Meaning: "a failing export does not fail the build"},
		{Name: "timeout", Sides: both, Type: "duration", Default: "10m", Meaning: "how long one request is tried again while the service throttles"},
		{Name: "version", Sides: both, Type: "1 or 2", Default: "what the runtime has", Meaning: "version of the cache service"},
		{Name: "url_v2", Sides: both, Type: "URL", Default: "$ACTIONS_RESULTS_URL", Meaning: "the cache service, version 2"},
		{Name: "url", Sides: both, Type: "URL", Default: "$ACTIONS_CACHE_URL", Meaning: "the cache service, version 1"},
		{Name: "token", Sides: both, Type: "string", Default: "$ACTIONS_RUNTIME_TOKEN", Meaning: "runtime token of the job", Secret: true},
		{Name: "repository", Sides: to, Type: "owner/name", Meaning: "with ghtoken: list existing layers by GitHub's REST API in one request"},
		{Name: "ghtoken", Sides: to, Type: "string", Meaning: "with repository: the token for that request", Secret: true},
	}
}

// names lists the attributes of a side.
func names(side Side) []string {
	var names []string
	for _, attr := range Attributes() {
		if attr.On(side) {
			names = append(names, attr.Name)
		}
	}
	return names
}

// lookup returns the attribute of this exact name, or the zero Attribute.
func lookup(name string) Attribute {
	for _, attr := range Attributes() {
		if attr.Name == name {
			return attr
		}
	}
	return Attribute{}
}

// likely returns the attribute that a name is, or most likely means, or the zero
// Attribute where there is none.
func likely(name string) Attribute {
	if attr := lookup(tidy(name)); attr.Name != "" {
		return attr
	}
	return nearest(tidy(name))
}

// nearest returns the attribute that a misspelt name most likely means, or the
// zero Attribute where none is near. A name that has other digits at its end is not
// misspelt: a later BuildKit may know a url_v3.
func nearest(name string) Attribute {
	name = strings.ToLower(name)
	limit := max(1, len(name)/3)
	var near Attribute
	for _, attr := range Attributes() {
		if len(name) >= 3 && strings.HasPrefix(attr.Name, name) {
			return attr
		}
		if d := distance(name, attr.Name); d <= limit && undigited(name) != undigited(attr.Name) {
			near, limit = attr, d-1
		}
	}
	return near
}

func undigited(name string) string { return strings.TrimRight(name, "0123456789") }

// distance is the Levenshtein distance in bytes.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			next := min(row[j]+1, row[j+1]+1, diagonal+cost)
			diagonal, row[j+1] = row[j+1], next
		}
	}
	return row[len(b)]
}
