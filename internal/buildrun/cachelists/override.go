package cachelists

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
)

// cacheList is one cache list of a target.
type cacheList struct {
	target string
	side   cacheopts.Side
}

// cacheSet is a --set of a cache list, as buildx reads it (newOverrides in bake/bake.go).
type cacheSet struct {
	pattern string // of targets
	side    cacheopts.Side
	entries []cacheopts.Entry // none: the list is emptied
}

// cacheSetOf reads an argument; ok is false for all that does not set a cache list.
func cacheSetOf(a cacheopts.Arg) (set cacheSet, ok bool) {
	key, value, _ := strings.Cut(a.Value, "=")
	words := strings.SplitN(strings.TrimSuffix(key, "+"), ".", 3)
	if a.Name != "set" || len(words) < 2 {
		return cacheSet{}, false
	}
	for _, side := range []cacheopts.Side{cacheopts.To, cacheopts.From} {
		if words[1] == side.Name() {
			entries, _ := cacheopts.Parse(value) // buildx has read it before, and complains best
			return cacheSet{words[0], side, entries}, true
		}
	}
	return cacheSet{}, false
}

func (s cacheSet) matches(l cacheList) bool {
	matched, _ := path.Match(s.pattern, l.target) // a bad pattern is buildx's to report
	return l.side == s.side && matched
}

// reaches reports whether the list may have come to be as it is by the override: its
// target matches, or inherits from one that does and may not be built itself.
func (s cacheSet) reaches(l cacheList, list []cacheopts.Entry) bool {
	return s.matches(l) || l.side == s.side && (len(s.entries) == 0 || slices.ContainsFunc(list, func(e cacheopts.Entry) bool {
		return slices.ContainsFunc(s.entries, func(set cacheopts.Entry) bool { return set.Value() == e.Value() })
	}))
}

// Override replaces by --set the lists that have a gha entry. The user's own
// overrides stay, except those that match such a list: buildx adds all values of
// one key together, and one pattern may match many targets. Lists that such an
// override gave its value are set to what they were.
func (ts Targets) Override(args []cacheopts.Arg, done []cacheopts.Completed) ([]cacheopts.Arg, error) {
	var own []cacheSet
	for _, a := range args {
		if set, ok := cacheSetOf(a); ok {
			own = append(own, set)
		}
	}
	ours := ts.overridden(own)
	var sets []cacheopts.Arg
	for name, side := range ts.Lists() {
		if !ours[cacheList{name, side}] {
			continue
		}
		var values []string
		for _, e := range ts[name].List(side) {
			if concerns(side, e) {
				completed := done[0]
				done = done[1:]
				if completed.Dropped {
					continue
				}
				e = completed.Entry
			}
			if exposes(e, own) {
				return nil, exposed(name, side, e)
			}
			values = append(values, e.Value())
		}
		sets = append(sets, setArgs(name, side, values)...)
	}
	return append(sets, slices.DeleteFunc(slices.Clone(args), func(a cacheopts.Arg) bool {
		set, ok := cacheSetOf(a)
		return ok && set.hits(ours)
	})...), nil
}

// overridden are the lists with a gha entry, and those that lose an override which
// has to go for them.
func (ts Targets) overridden(own []cacheSet) map[cacheList]bool {
	ours := map[cacheList]bool{}
	for name, side := range ts.Lists() {
		if slices.ContainsFunc(ts[name].List(side), func(e cacheopts.Entry) bool { return concerns(side, e) }) {
			ours[cacheList{name, side}] = true
		}
	}
	for before := -1; before < len(ours); {
		before = len(ours)
		for _, set := range own {
			if !set.hits(ours) {
				continue
			}
			for name, side := range ts.Lists() {
				if at := (cacheList{name, side}); set.reaches(at, ts[name].List(side)) {
					ours[at] = true
				}
			}
		}
	}
	return ours
}

func (s cacheSet) hits(lists map[cacheList]bool) bool {
	for at := range lists {
		if s.matches(at) {
			return true
		}
	}
	return false
}

// exposes reports whether an entry would bring a credential into the command line
// that the user has not typed there himself. What ghtoken costs, the build has said.
func exposes(e cacheopts.Entry, own []cacheSet) bool {
	var typed []string
	for _, set := range own {
		for _, entry := range set.entries {
			for _, name := range entry.Secrets() {
				typed = append(typed, entry.Attrs[name])
			}
		}
	}
	return slices.ContainsFunc(e.Without("ghtoken").Secrets(), func(name string) bool {
		return !slices.Contains(typed, e.Attrs[name])
	})
}

func exposed(target string, side cacheopts.Side, e cacheopts.Entry) error {
	return hint.With(
		fmt.Errorf("%s of target %q: %q has a credential, and buildx takes an override in its command line only", side.Name(), target, e),
		"give it in the environment, such as AWS_SECRET_ACCESS_KEY, or the same runtime token for all entries")
}

// setArgs overrides a cache list; an empty value makes it empty.
func setArgs(target string, side cacheopts.Side, values []string) []cacheopts.Arg {
	if len(values) == 0 {
		values = []string{""}
	}
	var args []cacheopts.Arg
	for _, value := range values {
		value = fmt.Sprintf("%s.%s=%s", target, side.Name(), value)
		args = append(args, cacheopts.Arg{Name: "set", Value: value, HasValue: true, Words: []string{"--set", value}})
	}
	return args
}
