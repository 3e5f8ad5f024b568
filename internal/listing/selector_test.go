package listing

import (
	"strings"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/servertest"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"pgregory.net/rapid"
)

func TestMatch(t *testing.T) {
	for _, tt := range []struct {
		patterns, text string
		want           bool
	}{
		{"", "anything", true},
		{"app", "app", true},
		{"app", "app2", false},
		{"a*", "app", true},
		{"*", "refs/heads/feature/x", true},
		{"refs/*/x", "refs/heads/feature/x", true},
		{"a?p", "a/p", true},
		{"web app", "app", true},
		{"web db", "app", false},
		{"[", "[", false},
	} {
		if got := Match(strings.Fields(tt.patterns), tt.text); got != tt.want {
			t.Errorf("%q matches %q: %v", tt.patterns, tt.text, got)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[a-z/.#-]*`).Draw(t, "word")
		if other := rapid.StringMatching(`[a-z/.#-]*`).Draw(t, "other"); !Match([]string{word}, word) || Match([]string{word}, other) != (word == other) {
			t.Errorf("%q matches %q: %v", word, other, word != other)
		}
	})
}

// filter is one value for a name.
func filter(pairs ...string) map[string]map[string]bool {
	all := map[string]map[string]bool{}
	for _, pair := range pairs {
		name, value, _ := strings.Cut(pair, "=")
		if all[name] == nil {
			all[name] = map[string]bool{}
		}
		all[name][value] = true
	}
	return all
}

func names() []string { return []string{"scope", "ref", "kind", "key", "state", "until", "larger"} }

func TestNewSelectorRefuses(t *testing.T) {
	for pairs, want := range map[string]string{
		"nope=1":            `unknown filter "nope"`,
		"kind=blob":         "reading filter kind=blob: want one of index, layer, signature, mount, other",
		"until=soon":        "is neither a duration (168h) nor a date (2006-01-02)",
		"until=1h until=2h": "the filter is given twice",
		"larger=1 larger=2": "the filter is given twice",
		"scope=[":           `reading pattern "["`,
	} {
		_, err := NewSelector(nil, nil, filter(strings.Fields(pairs)...), servertest.Noon(), names()...)
		if err == nil || !strings.Contains(err.Error(), want) || !hint.IsUsage(err) {
			t.Errorf("%s: %v", pairs, err)
		}
	}
	if _, err := NewSelector(nil, nil, filter("kind=layer"), servertest.Noon(), "scope"); err == nil {
		t.Error("a filter that is not allowed is taken")
	}
}

func TestParseTime(t *testing.T) {
	now := servertest.Noon()
	for value, want := range map[string]time.Time{
		"36h": now.Add(-36 * time.Hour), "0s": now, "2026-03-01": time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC),
		"2026-03-01T10:00:00": time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC), "2026-03-01T10:00:00+02:00": time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC),
	} {
		if got, err := parseTime(value, now); err != nil || !got.Equal(want) {
			t.Errorf("%s is %s, %v", value, got, err)
		}
	}
}

// TestKindsOfFiltersNarrowEachOther holds a selector of two filters against two of one.
func TestKindsOfFiltersNarrowEachOther(t *testing.T) {
	_, snap := serve(t, cacheserver.Options{}, allRefs()...).snapshot()
	values := []string{"scope=app", "scope=w*", "ref=main", "ref=12", "kind=index", "kind=layer", "key=index-", "state=live", "state=superseded", "until=240h", "larger=1MB"}
	selector := func(t *rapid.T, pairs ...string) Selector {
		s, err := NewSelector(nil, nil, filter(pairs...), servertest.Noon(), names()...)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for _, value := range values {
		s, err := NewSelector(nil, nil, filter(value), servertest.Noon(), names()...)
		check(t, err)
		selected := 0
		for i := range snap.Items {
			if s.Entry(&snap.Items[i]) {
				selected++
			}
		}
		if selected == 0 || selected == len(snap.Items) {
			t.Errorf("%s selects %d of %d entries", value, selected, len(snap.Items))
		}
	}
	narrowed := 0
	rapid.Check(t, func(t *rapid.T) {
		one := rapid.SampledFrom(values).Draw(t, "one")
		two := rapid.SampledFrom(values).Filter(func(v string) bool { return v[:2] != one[:2] }).Draw(t, "two")
		a, b, both := selector(t, one), selector(t, two), selector(t, one, two)
		for i := range snap.Items {
			item := &snap.Items[i]
			if both.Entry(item) != (a.Entry(item) && b.Entry(item)) {
				t.Errorf("%s and %s select %s", one, two, item.Entry.Key)
			}
			if a.Entry(item) && !b.Entry(item) {
				narrowed++
			}
		}
		for i := range snap.Caches {
			c := &snap.Caches[i]
			if both.Cache(c) != (a.Cache(c) && b.Cache(c)) || both.Cache(c) && !both.Place(c) {
				t.Errorf("%s and %s select %s", one, two, c.Scope)
			}
		}
	})
	if narrowed == 0 {
		t.Error("no filter narrowed another")
	}
}
