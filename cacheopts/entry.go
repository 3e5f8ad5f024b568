package cacheopts

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tonistiigi/go-csvvalue"
)

// DefaultScope is BuildKit's scope for an entry without the attribute.
const DefaultScope = "buildkit"

const (
	typeGHA      = "gha"
	typeRegistry = "registry"
)

// Entry is one cache option. The zero value is no valid option; [Parse] never
// returns it.
type Entry struct {
	Type  string            // as written: buildx does not fold its case
	Attrs map[string]string // keys in lower case, everything but the type
}

// Parse reads the value of one --cache-to or --cache-from as buildx does
// (util/buildflags.ParseCacheEntry): CSV fields of key=value, keys lower-cased
// and not trimmed, the last of equal keys winning. A value without "=" is a
// list of registry references, an empty one yields nothing. Errors are a
// [Problem], with a hint where the value is a misspelt type=gha.
func Parse(value string) ([]Entry, error) {
	if value == "" {
		return nil, nil
	}
	if strings.Contains(value, "=") {
		entry, err := parseOne(value)
		if err != nil {
			return nil, unreadable(value, err)
		}
		return []Entry{entry}, nil
	}
	refs, err := csvvalue.Fields(value, nil)
	if err != nil {
		return nil, unreadable(value, err)
	}
	entries := make([]Entry, 0, len(refs))
	for _, ref := range refs {
		entry, err := parseOne(ref)
		if err != nil {
			return nil, unreadable(value, err)
		}
		entries = append(entries, entry)
	}
	return entries, nil
}

func parseOne(value string) (Entry, error) {
	fields, err := csvvalue.Fields(value, nil)
	if err != nil {
		return Entry{}, err
	}
	if len(fields) == 1 && !strings.Contains(fields[0], "=") {
		return Entry{Type: typeRegistry, Attrs: map[string]string{"ref": fields[0]}}, nil
	}
	entry := Entry{Attrs: map[string]string{}}
	for i, field := range fields {
		key, val, ok := strings.Cut(field, "=")
		if !ok {
			return Entry{}, fmt.Errorf("field %d is not key=value", i+1)
		}
		if key = strings.ToLower(key); key == "type" {
			entry.Type = val
			continue
		}
		entry.Attrs[key] = val
	}
	if entry.Type == "" {
		return Entry{}, errors.New("type is missing")
	}
	return entry, nil
}

// Value returns the entry as the value of a flag, credentials and all: type
// first, then the attributes in the order of their keys, quoted where CSV needs
// it. It departs from what buildx prints only where buildx could not read its own
// output (line breaks, references with a comma), so that Parse(e.Value()) is e
// for every parsed e. It is for buildx; [Entry.String] is for people.
func (e Entry) Value() string {
	if ref, ok := e.Attrs["ref"]; ok && e.Type == typeRegistry && len(e.Attrs) == 1 && plainRef(ref) {
		return ref
	}
	fields := make([]string, 0, 1+len(e.Attrs))
	if e.Type != "" {
		fields = append(fields, quote("type="+e.Type))
	}
	for _, key := range slices.Sorted(maps.Keys(e.Attrs)) {
		fields = append(fields, quote(key+"="+e.Attrs[key]))
	}
	return strings.Join(fields, ",")
}

func plainRef(ref string) bool {
	return ref != "" && !strings.ContainsAny(ref, "=,\"\r\n")
}

func quote(field string) string {
	if !strings.ContainsAny(field, ",\"\r\n") {
		return field
	}
	return `"` + strings.ReplaceAll(field, `"`, `""`) + `"`
}

// UnmarshalJSON reads an entry as `buildx bake --print` writes it: an object,
// or a string where an old buildx does.
func (e *Entry) UnmarshalJSON(data []byte) error {
	var value string
	if json.Unmarshal(data, &value) == nil {
		entry, err := parseOne(value)
		if err != nil {
			return unreadable(value, err)
		}
		*e = entry
		return nil
	}
	var attrs map[string]string
	if err := json.Unmarshal(data, &attrs); err != nil {
		return fmt.Errorf("reading cache option: %w", err)
	}
	*e = Entry{Type: attrs["type"], Attrs: attrs}
	delete(attrs, "type")
	if e.Type == "" {
		return errors.New("reading cache option: type is missing")
	}
	return nil
}

// MarshalJSON writes an entry, credentials and all, as UnmarshalJSON reads it and
// `buildx bake --print` writes it: one object with the type among the attributes.
// It refuses what would be read back as something else.
func (e Entry) MarshalJSON() ([]byte, error) {
	if _, ok := e.Attrs["type"]; ok || e.Type == "" {
		return nil, errors.New("writing cache option: an entry has one type")
	}
	object := e.With("type", e.Type).Attrs
	for key, value := range object {
		if !utf8.ValidString(key + value) {
			return nil, fmt.Errorf("writing cache option: attribute %q is not UTF-8", key)
		}
	}
	return json.Marshal(object)
}

// GHA reports whether buildx takes the entry for one of type=gha. The type is
// case-sensitive there.
func (e Entry) GHA() bool { return e.Type == typeGHA }

// Scope returns the scope BuildKit uses: [DefaultScope] only where the
// attribute is absent, the empty string for an empty one.
func (e Entry) Scope() string {
	if scope, ok := e.Attrs["scope"]; ok {
		return scope
	}
	return DefaultScope
}

// IgnoreError tells whether BuildKit lets the build succeed when the export
// fails: whatever strconv.ParseBool takes for true; anything else is false. It
// has a meaning for [To] only.
func (e Entry) IgnoreError() bool {
	ignore, err := strconv.ParseBool(e.Attrs["ignore-error"])
	return err == nil && ignore
}

// With returns a copy of the entry in which the attribute has this value.
func (e Entry) With(name, value string) Entry {
	attrs := maps.Clone(e.Attrs)
	if attrs == nil {
		attrs = map[string]string{}
	}
	attrs[name] = value
	return Entry{Type: e.Type, Attrs: attrs}
}

// Without returns a copy of the entry that lacks these attributes.
func (e Entry) Without(names ...string) Entry {
	attrs := maps.Clone(e.Attrs)
	for _, name := range names {
		delete(attrs, name)
	}
	return Entry{Type: e.Type, Attrs: attrs}
}

// ScopePerTarget gives an entry of type=gha a scope of its own for a bake
// target, <scope>-<target>, or <target> where it names none. Apply it to both
// sides. Other entries come back as they are.
func ScopePerTarget(e Entry, target string) Entry {
	if !e.GHA() {
		return e
	}
	if scope, ok := e.Attrs["scope"]; ok {
		return e.With("scope", scope+"-"+target)
	}
	return e.With("scope", target)
}

// ScopePerPlatform gives an entry of type=gha a scope of its own for a platform such
// as linux/arm64: <scope>-linux-arm64, as docker/github-builder does. Builds of several
// platforms in different jobs then do not replace each other's cache. Apply it to both
// sides. Other entries come back as they are.
func ScopePerPlatform(e Entry, platform string) Entry {
	if !e.GHA() {
		return e
	}
	return e.With("scope", e.Scope()+"-"+strings.ReplaceAll(platform, "/", "-"))
}

func (e Entry) equal(other Entry) bool {
	return e.Type == other.Type && maps.Equal(e.Attrs, other.Attrs)
}
