package cacheopts

import (
	"cmp"
	"fmt"
)

// tokenVariable is where buildx finds the token of an entry that names none.
const tokenVariable = "ACTIONS_RUNTIME_TOKEN"

// lift takes tokens out of the entries and returns the environment that
// replaces them: the one token of all entries, else that of the runtime.
func (c *completion) lift() map[string]string {
	lifted, mixed := "", false
	for _, token := range c.tokens {
		mixed = mixed || token != "" && lifted != "" && token != lifted
		lifted = cmp.Or(lifted, token)
	}
	if mixed {
		lifted = c.rt.Token
	}
	for i, token := range c.tokens {
		if token == "" {
			continue
		}
		if token == lifted {
			c.done[i].Entry = c.done[i].Entry.Without("token")
			continue
		}
		c.said.about(c.reqs[i], Note{
			LevelWarning,
			"token stays in the command line, where every user of this machine can read it, because the entries have different tokens",
			"no token at all, or the same for every entry",
		})
	}
	if lifted == "" {
		return nil
	}
	return map[string]string{tokenVariable: lifted}
}

// duplicate reports whether the target writes the very same entry already.
func (c *completion) duplicate(req Request, done Completed, token string) bool {
	if req.Side != To || token == "" {
		return false
	}
	for i, other := range c.done {
		if c.reqs[i].Side == To && c.reqs[i].Where == req.Where && c.tokens[i] == token && other.Entry.Without("token").equal(done.Entry.Without("token")) {
			return true
		}
	}
	return false
}

// collisions reports each scope that several entries write to the same service.
func (c *completion) collisions() {
	type cache struct{ scope, url, token string }
	var caches []cache
	writers := map[cache][]Request{}
	for i, done := range c.done {
		if c.reqs[i].Side != To || c.tokens[i] == "" {
			continue
		}
		written := cache{done.Entry.Scope(), done.URL, c.tokens[i]}
		if writers[written] == nil {
			caches = append(caches, written)
		}
		writers[written] = append(writers[written], c.reqs[i])
	}
	for _, written := range caches {
		c.collision(written.scope, writers[written])
	}
}

func (c *completion) collision(scope string, writers []Request) {
	wins := fmt.Sprintf("write scope %q: the last one to finish wins", scope)
	var targets []string
	entries := map[string]int{}
	for _, req := range writers {
		if entries[req.Where]++; entries[req.Where] == 1 {
			targets = append(targets, req.Where)
		}
	}
	if len(targets) > 1 {
		c.said.add(Note{LevelWarning, list(targets) + " " + wins, "--gha-scope-per-target, or scope=NAME for each target"})
	}
	for _, target := range targets {
		if n := entries[target]; n > 1 {
			c.said.add(Note{LevelWarning, fmt.Sprintf("%d entries of %s %s", n, place(To, []string{target}), wins), "scope=NAME for each"})
		}
	}
}
