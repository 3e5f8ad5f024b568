package listing

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/github"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/reclaim"
	"github.com/docker/go-units"
)

// Selector is the selection of --scope, --ref and --filter. Values of one option
// are alternatives; all options must match.
type Selector struct {
	Scopes, Refs []string // glob patterns; refs in full, or * for all of them
	Kinds        []string
	Keys         []string // prefixes
	states       []string
	Until        time.Time // only what was not used since; zero selects all
	larger       int64     // only what is larger, in bytes
}

// NewSelector reads the options. Allowed are the names that --filter accepts. Its
// errors are errors of the command line.
func NewSelector(scopes, refs []string, filter map[string]map[string]bool, now time.Time, allowed ...string) (Selector, error) {
	s := Selector{Scopes: slices.Clone(scopes), Refs: slices.Clone(refs)}
	for name, values := range filter {
		if !slices.Contains(allowed, name) {
			return s, hint.Usage(fmt.Errorf("unknown filter %q", name), "--filter "+strings.Join(allowed, "=…, ")+"=…")
		}
		for value := range values {
			if err := s.filter(name, value, now); err != nil {
				return s, hint.Usage(fmt.Errorf("reading filter %s=%s: %w", name, value, err), "")
			}
		}
	}
	for i, ref := range s.Refs {
		if ref != "*" { // all refs, and not all branches
			s.Refs[i] = github.FullRef(ref)
		}
	}
	return s, checkPatterns(slices.Concat(s.Scopes, s.Refs))
}

func checkPatterns(patterns []string) error {
	for _, pattern := range patterns {
		if _, err := path.Match(pattern, ""); err != nil {
			return hint.Usage(fmt.Errorf("reading pattern %q: %w", pattern, err), "")
		}
	}
	return nil
}

var errTwice = errors.New("the filter is given twice")

func (s *Selector) filter(name, value string, now time.Time) (err error) {
	switch name {
	case "scope":
		s.Scopes = append(s.Scopes, value)
	case "ref":
		s.Refs = append(s.Refs, value)
	case "key":
		s.Keys = append(s.Keys, value)
	case "kind":
		s.Kinds = append(s.Kinds, value)
		return oneOf(value, bkcache.KindIndex, bkcache.KindLayer, bkcache.KindSignature, bkcache.KindMount, bkcache.KindOther)
	case "state":
		s.states = append(s.states, value)
		return oneOf(value, reclaim.Live, reclaim.Superseded, reclaim.Unreferenced, reclaim.Closed, reclaim.Unknown, Incomplete)
	case "until":
		if !s.Until.IsZero() {
			return errTwice
		}
		s.Until, err = parseTime(value, now)
	case "larger":
		if s.larger != 0 {
			return errTwice
		}
		if s.larger, err = units.RAMInBytes(value); err != nil {
			err = fmt.Errorf("%q is not a size (100MB)", value)
		}
	}
	return err
}

func oneOf[T any](value string, names ...T) error {
	var words []string
	for _, name := range names {
		words = append(words, fmt.Sprint(name))
	}
	if slices.Contains(words, value) {
		return nil
	}
	return fmt.Errorf("want one of %s", strings.Join(words, ", "))
}

// parseTime reads a time, or a duration before now.
func parseTime(value string, now time.Time) (time.Time, error) {
	if ago, err := time.ParseDuration(value); err == nil && ago >= 0 {
		return now.Add(-ago), nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, value, now.Location()); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is neither a duration (168h) nor a date (2006-01-02)", value)
}

// Match reports whether one of the patterns matches, or there are none. Unlike in
// paths, an asterisk also matches slashes.
func Match(patterns []string, s string) bool {
	if len(patterns) == 0 {
		return true
	}
	flat := strings.NewReplacer("/", "\x01").Replace
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		matched, err := path.Match(flat(pattern), flat(s))
		return err == nil && matched
	})
}

// begins reports whether s begins with one of the prefixes, or there are none.
func begins(prefixes []string, s string) bool {
	return len(prefixes) == 0 || slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(s, prefix) })
}

// one reports whether s is among the values, or there are none.
func one(values []string, s string) bool { return len(values) == 0 || slices.Contains(values, s) }

// scope reports whether one of the scopes of an entry is selected.
func (s Selector) scope(item *reclaim.Item) bool {
	if item.Shared {
		return slices.ContainsFunc(item.Scopes(), func(scope string) bool { return Match(s.Scopes, scope) })
	}
	return Match(s.Scopes, item.Scope)
}

// Entry reports whether an entry is selected. One of several scopes is if one of them is.
func (s Selector) Entry(item *reclaim.Item) bool {
	return s.scope(item) && Match(s.Refs, item.Ref) &&
		one(s.Kinds, item.Key.Kind.String()) && begins(s.Keys, item.Entry.Key) && one(s.states, string(item.State)) &&
		(s.Until.IsZero() || item.Used.Before(s.Until)) && (s.larger == 0 || item.Size > s.larger)
}

// Place reports whether a cache is selected, as far as that is known without its
// index.
func (s Selector) Place(c *reclaim.Cache) bool {
	return Match(s.Scopes, c.Scope) && Match(s.Refs, c.Ref)
}

// Cache reports whether a cache is selected.
func (s Selector) Cache(c *reclaim.Cache) bool {
	return s.Place(c) && one(s.states, State(c)) &&
		(s.Until.IsZero() || c.Used.Before(s.Until)) && (s.larger == 0 || c.Err == nil && c.Size > s.larger)
}

// Incomplete is the state of a cache with evicted layers.
const Incomplete = "incomplete"

// State is the state of a whole cache.
func State(c *reclaim.Cache) string {
	switch {
	case c.Err != nil && c.Head.State == reclaim.Live:
		return string(reclaim.Unknown)
	case len(c.Missing) > 0:
		return Incomplete
	}
	return string(c.Head.State)
}
