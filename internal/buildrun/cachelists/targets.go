package cachelists

import (
	"iter"
	"maps"
	"slices"
	"strconv"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
)

// Targets are the targets of one bake with their cache lists, by name.
type Targets map[string]Target

// Target is one of them, as buildx bake --print prints it.
type Target struct {
	CacheTo   []cacheopts.Entry `json:"cache-to"`
	CacheFrom []cacheopts.Entry `json:"cache-from"`
	Platforms []string          `json:"platforms"`

	// For cache mounts:
	Context    string            `json:"context"`
	Dockerfile string            `json:"dockerfile"`
	Inline     string            `json:"dockerfile-inline"`
	Target     string            `json:"target"`
	Args       map[string]string `json:"args"`

	Contexts map[string]string `json:"contexts"` // more of them, by name
	NoCache  bool              `json:"no-cache"`

	Call string `json:"call"` // what to do in place of building, or "build"
}

// List is the cache list of a side.
func (t Target) List(side cacheopts.Side) []cacheopts.Entry {
	if side == cacheopts.To {
		return t.CacheTo
	}
	return t.CacheFrom
}

// Requests lists the gha entries, and [Targets.Override] takes their completed form, in
// the order of the targets' names, what is written before what is read.
func (ts Targets) Requests(scopePerTarget bool) []cacheopts.Request {
	var requests []cacheopts.Request
	for name, side := range ts.Lists() {
		for _, e := range ts[name].List(side) {
			if !concerns(side, e) {
				continue
			}
			if scopePerTarget {
				e = cacheopts.ScopePerTarget(e, name)
			}
			requests = append(requests, cacheopts.Request{Side: side, Entry: e, Where: name})
		}
	}
	return requests
}

// Lists are the names of the targets, in their order, with both sides.
func (ts Targets) Lists() iter.Seq2[string, cacheopts.Side] {
	return func(yield func(string, cacheopts.Side) bool) {
		for _, name := range slices.Sorted(maps.Keys(ts)) {
			if !yield(name, cacheopts.To) || !yield(name, cacheopts.From) {
				return
			}
		}
	}
}

// NeedToken reports whether buildx leaves all gha entries out where there is no token in its
// environment (isActive in build/opt.go).
func (ts Targets) NeedToken() bool {
	return !slices.ContainsFunc(ts.Requests(false), func(r cacheopts.Request) bool {
		return !r.Entry.GHA() || r.Entry.Attrs["token"] != ""
	})
}

// UsersOf are the targets that have the named one as a context and read a gha cache, quoted and in their order.
func (ts Targets) UsersOf(name string) []string {
	var users []string
	for _, user := range slices.Sorted(maps.Keys(ts)) {
		t := ts[user]
		links := slices.Contains(slices.Collect(maps.Values(t.Contexts)), "target:"+name)
		if links && slices.ContainsFunc(t.CacheFrom, cacheopts.Entry.GHA) {
			users = append(users, strconv.Quote(user))
		}
	}
	return users
}
