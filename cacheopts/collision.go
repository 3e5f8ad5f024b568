package cacheopts

import "fmt"

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
	var targets []string
	entries := map[string]int{}
	for _, req := range writers {
		if entries[req.Where]++; entries[req.Where] == 1 {
			targets = append(targets, req.Where)
		}
	}
	if len(targets) > 1 {
		c.said.add(sharedScope(scope, targets, list(targets), "scope=NAME for each target"))
	}
	for _, target := range targets {
		if n := entries[target]; n > 1 {
			who := []string{target}
			c.said.add(sharedScope(scope, who, fmt.Sprintf("%d entries of %s", n, place(To, who)), "scope=NAME for each"))
		}
	}
}

func sharedScope(scope string, targets []string, writers, hint string) Note {
	return Note{
		Code: CodeSharedScope, Level: LevelWarning, Side: To, Targets: named(targets), Attr: "scope", Values: []string{scope},
		Text: fmt.Sprintf("%s write scope %q: the last one to finish wins", writers, scope), Hint: hint,
	}
}
