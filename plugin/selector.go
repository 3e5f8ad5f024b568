package plugin

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/github"
	"github.com/docker-ghacache/docker-ghacache/internal/reclaim"
	"github.com/docker/cli/opts"
	"github.com/docker/go-units"
)

// selector is what --scope, --ref and --filter select. Values of one kind are
// alternatives, kinds narrow each other.
type selector struct {
	scopes, refs []string // glob patterns; refs in full
	kinds        []string
	states       []string
	until        time.Time // only what was not used since; zero selects all
	larger       int64     // only what is larger, in bytes
}

// newSelector reads the options. Allowed are the names that --filter may have.
func newSelector(scopes, refs []string, filter opts.FilterOpt, now time.Time, allowed ...string) (selector, error) {
	s := selector{scopes: slices.Clone(scopes), refs: slices.Clone(refs)}
	args := filter.Value()
	for name, values := range args {
		if !slices.Contains(allowed, name) {
			return s, usage(fmt.Errorf("unknown filter %q", name), "--filter "+strings.Join(allowed, "=…, ")+"=…")
		}
		for value := range values {
			if err := s.filter(name, value, now); err != nil {
				return s, usage(fmt.Errorf("reading filter %s=%s: %w", name, value, err), "")
			}
		}
	}
	for i, ref := range s.refs {
		s.refs[i] = github.FullRef(ref)
	}
	return s, checkPatterns(slices.Concat(s.scopes, s.refs))
}

func checkPatterns(patterns []string) error {
	for _, pattern := range patterns {
		if _, err := path.Match(pattern, ""); err != nil {
			return usage(fmt.Errorf("reading pattern %q: %w", pattern, err), "")
		}
	}
	return nil
}

var errTwice = errors.New("it is given twice")

func (s *selector) filter(name, value string, now time.Time) (err error) {
	switch name {
	case "scope":
		s.scopes = append(s.scopes, value)
	case "ref":
		s.refs = append(s.refs, value)
	case "kind":
		s.kinds = append(s.kinds, value)
		return oneOf(value, bkcache.KindIndex, bkcache.KindLayer, bkcache.KindSignature, bkcache.KindOther)
	case "state":
		s.states = append(s.states, value)
		return oneOf(value, reclaim.Live, reclaim.Superseded, reclaim.Unreferenced, reclaim.Unknown, incomplete)
	case "until":
		if !s.until.IsZero() {
			return errTwice
		}
		s.until, err = parseTime(value, now)
	case "larger":
		if s.larger != 0 {
			return errTwice
		}
		s.larger, err = units.RAMInBytes(value)
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
	return fmt.Errorf("it is none of %s", strings.Join(words, ", "))
}

// parseTime reads a time, or how long ago it was.
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

// anyMatch reports whether one of the patterns matches; none at all matches
// everything. Unlike in paths, a star matches slashes, too.
func anyMatch(patterns []string, s string) bool {
	if len(patterns) == 0 {
		return true
	}
	flat := strings.NewReplacer("/", "\x01").Replace
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		matched, err := path.Match(flat(pattern), flat(s))
		return err == nil && matched
	})
}

// one reports whether s is among the values; none at all admit everything.
func one(values []string, s string) bool { return len(values) == 0 || slices.Contains(values, s) }

func (s selector) entry(item *reclaim.Item) bool {
	return anyMatch(s.scopes, item.Scope) && anyMatch(s.refs, item.Ref) &&
		one(s.kinds, item.Key.Kind.String()) && one(s.states, string(item.State)) &&
		(s.until.IsZero() || item.Used.Before(s.until)) && (s.larger == 0 || item.Size > s.larger)
}

// place is what of the selection needs no content of an index.
func (s selector) place(c *reclaim.Cache) bool {
	return anyMatch(s.scopes, c.Scope) && anyMatch(s.refs, c.Ref)
}

func (s selector) cache(c *reclaim.Cache) bool {
	return s.place(c) && one(s.states, cacheState(c)) &&
		(s.until.IsZero() || c.Used.Before(s.until)) && (s.larger == 0 || c.Err == nil && c.Size > s.larger)
}
