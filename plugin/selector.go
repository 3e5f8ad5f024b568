package plugin

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

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
	s := selector{scopes: scopes, refs: refs}
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
		s.refs[i] = fullRef(ref)
	}
	for _, pattern := range slices.Concat(s.scopes, s.refs) {
		if _, err := path.Match(pattern, ""); err != nil {
			return s, usage(fmt.Errorf("reading pattern %q: %w", pattern, err), "")
		}
	}
	return s, nil
}

func (s *selector) filter(name, value string, now time.Time) (err error) {
	switch name {
	case "scope":
		s.scopes = append(s.scopes, value)
	case "ref":
		s.refs = append(s.refs, value)
	case "kind":
		s.kinds = append(s.kinds, value)
	case "state":
		s.states = append(s.states, value)
	case "until":
		s.until, err = parseTime(value, now)
	case "larger":
		s.larger, err = units.FromHumanSize(value)
	}
	return err
}

// fullRef completes a ref: main is a branch, 12 and #12 are pull requests.
func fullRef(ref string) string {
	if strings.HasPrefix(ref, "refs/") {
		return ref
	}
	if number := strings.TrimPrefix(ref, "#"); isNumber(number) {
		return "refs/pull/" + number + "/merge"
	}
	return "refs/heads/" + ref
}

func isNumber(s string) bool {
	_, err := strconv.ParseUint(s, 10, 63)
	return err == nil
}

// parseTime reads a time, or how long ago it was.
func parseTime(value string, now time.Time) (time.Time, error) {
	if ago, err := time.ParseDuration(value); err == nil {
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

func (s selector) cache(c *reclaim.Cache) bool {
	return anyMatch(s.scopes, c.Scope) && anyMatch(s.refs, c.Ref) && one(s.states, cacheState(c)) &&
		(s.until.IsZero() || c.Used.Before(s.until)) && (s.larger == 0 || c.Err == nil && c.Size > s.larger)
}
