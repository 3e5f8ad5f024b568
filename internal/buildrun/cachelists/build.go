package cachelists

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
)

// OfBuild finds the gha entries among the arguments of build, and for each
// the argument that holds it.
func OfBuild(args []cacheopts.Arg) (requests []cacheopts.Request, places []int, err error) {
	for i, arg := range args {
		side := arg.Side()
		if side == 0 {
			continue
		}
		entries, err := cacheopts.Parse(arg.Value)
		if err != nil && regexp.MustCompile(`(?i)\bgha\b`).MatchString(arg.Value) {
			return nil, nil, hint.Usage(fmt.Errorf("%s: %w", side, err), hintOf(err))
		}
		// An entry beside others is a registry reference.
		if len(entries) == 1 && concerns(side, entries[0]) {
			requests = append(requests, cacheopts.Request{Side: side, Entry: entries[0]})
			places = append(places, i)
		}
	}
	return requests, places, nil
}

// Replace puts the completed entries into the places of args that [OfBuild] found. It drops
// the words of an entry that is left out.
func Replace(args []cacheopts.Arg, places []int, done []cacheopts.Completed) {
	for i, entry := range done {
		place := &args[places[i]]
		if entry.Dropped {
			place.Words = nil
			continue
		}
		*place = place.WithValue(entry.Entry.Value())
	}
}

// concerns reports whether an entry is of type=gha, or was meant to be. Others
// are buildx's to judge.
func concerns(side cacheopts.Side, e cacheopts.Entry) bool {
	return e.GHA() || len(e.Check(side)) > 0
}

// hintOf is the fix of a cache option that cannot be read.
func hintOf(err error) string {
	problem, _ := errors.AsType[cacheopts.Problem](err)
	return problem.Hint
}

// Redacted hides the credentials of a cache option, also in a --set.
func Redacted(arg cacheopts.Arg) cacheopts.Arg {
	if len(arg.Words) == 0 {
		return arg
	}
	if arg.Side() != 0 {
		return arg.WithValue(cacheopts.Redact(arg.Value))
	}
	if _, ok := cacheSetOf(arg); ok {
		key, value, _ := strings.Cut(arg.Value, "=")
		return arg.WithValue(key + "=" + cacheopts.Redact(value))
	}
	return arg
}
