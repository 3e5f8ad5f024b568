package buildrun

import (
	"iter"
	"maps"
	"slices"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
	"github.com/docker-ghacache/docker-ghacache/internal/buildrun/cleaning"
)

// bakeTargets are the targets of one bake with their cache lists.
type bakeTargets map[string]bakeTarget

type bakeTarget struct {
	CacheTo   []cacheopts.Entry `json:"cache-to"`
	CacheFrom []cacheopts.Entry `json:"cache-from"`
	Platforms []string          `json:"platforms"`

	// For cache mounts:
	Context    string            `json:"context"`
	Dockerfile string            `json:"dockerfile"`
	Inline     string            `json:"dockerfile-inline"`
	Target     string            `json:"target"`
	Args       map[string]string `json:"args"`

	Call string `json:"call"` // what to do in place of building, or "build"
}

func (t bakeTarget) list(side cacheopts.Side) []cacheopts.Entry {
	if side == cacheopts.To {
		return t.CacheTo
	}
	return t.CacheFrom
}

// requests lists the gha entries, and override takes their completed form, in
// the order of the targets' names, what is written before what is read.
func (ts bakeTargets) requests(scopePerTarget bool) []cacheopts.Request {
	var requests []cacheopts.Request
	for name, side := range ts.lists() {
		for _, e := range ts[name].list(side) {
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

func (ts bakeTargets) lists() iter.Seq2[string, cacheopts.Side] {
	return func(yield func(string, cacheopts.Side) bool) {
		for _, name := range slices.Sorted(maps.Keys(ts)) {
			if !yield(name, cacheopts.To) || !yield(name, cacheopts.From) {
				return
			}
		}
	}
}

// needToken reports whether buildx leaves all gha entries out where there is no token in its
// environment (isActive in build/opt.go).
func (ts bakeTargets) needToken() bool {
	return !slices.ContainsFunc(ts.requests(false), func(r cacheopts.Request) bool {
		return !r.Entry.GHA() || r.Entry.Attrs["token"] != ""
	})
}

// locals are the folders that the targets which are built name.
func (ts bakeTargets) locals() (found cleaning.Folders) {
	for name, side := range ts.lists() {
		if builds(ts[name].Call) {
			found = found.Add(side, ts[name].list(side))
		}
	}
	return found
}
