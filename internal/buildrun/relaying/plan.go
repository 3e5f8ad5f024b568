package relaying

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
	"github.com/docker-ghacache/docker-ghacache/internal/builders"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/relay"
)

// TokenVariable is where buildx finds the token of an entry that has none of its own.
const TokenVariable = "ACTIONS_RUNTIME_TOKEN"

// upstream is the cache service that all entries use. The error says why no relay to it is
// possible, or why none is wanted: with auto, one is used only where it makes exports faster.
func (b Build) upstream(requests []cacheopts.Request, entries []cacheopts.Completed) (relay.Upstream, error) {
	up := relay.Upstream{UserAgent: b.UserAgent}
	exports := false
	for i, e := range entries {
		if e.Dropped || e.Version == 0 {
			continue
		}
		if e.Version != 2 {
			return up, hint.With(errors.New("the cache service has version 1"), "docker ghacache migrate-v2")
		}
		token := cmp.Or(e.Entry.Attrs["token"], b.Token)
		if up.URL != "" && (!sameURL(e.URL, up.URL) || token != up.Token) {
			return up, errors.New("the type=gha entries have different services or tokens")
		}
		up.URL, up.Token = cmp.Or(up.URL, e.URL), token
		exports = exports || requests[i].Side == cacheopts.To
	}
	switch auto := b.Mode == Auto; {
	case auto && !exports:
		return up, errors.New("nothing is exported")
	case auto && builders.Loopback(up.URL):
		return up, errors.New("the cache service is on this machine")
	}
	return up, nil
}

func sameURL(a, b string) bool { return strings.TrimRight(a, "/") == strings.TrimRight(b, "/") }

// Possible reports whether an entry is left that could use a relay.
func Possible(entries []cacheopts.Completed) bool {
	return slices.ContainsFunc(entries, func(e cacheopts.Completed) bool { return !e.Dropped && e.Version != 0 })
}

// redirect sends the gha entries to another service, whose token buildx gets by its environment.
func redirect(entries []cacheopts.Completed, vars map[string]string, url, token string) {
	for i, e := range entries {
		if !e.Dropped && e.Version != 0 {
			entries[i].Entry = e.Entry.With("url_v2", url).Without("token")
		}
	}
	vars[TokenVariable] = token
}

// longestTimeout is how long a request may wait for a service that throttles: the longest time of an entry, because one
// relay serves all. It is 0 if no entry could use a relay.
func longestTimeout(entries []cacheopts.Completed) (longest time.Duration) {
	for _, e := range entries {
		if e.Dropped || e.Version == 0 {
			continue
		}
		own, err := time.ParseDuration(e.Entry.Attrs["timeout"])
		if err != nil {
			own = relay.DefaultTimeout // it has none: a bad one was refused
		}
		longest = max(longest, own)
	}
	return longest
}

// exportScopes are the scopes that a build writes, each once.
func exportScopes(requests []cacheopts.Request, entries []cacheopts.Completed) []string {
	var scopes []string
	for i, e := range entries {
		if !e.Dropped && e.Version != 0 && requests[i].Side == cacheopts.To {
			scopes = append(scopes, e.Entry.Scope())
		}
	}
	slices.Sort(scopes)
	return slices.Compact(scopes)
}
