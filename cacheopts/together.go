package cacheopts

import (
	"cmp"
	"fmt"
	"slices"
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
		c.note(Note{
			LevelWarning,
			c.reqs[i].String() + ": token stays in the command line, where every user of this machine can read it, because entries name different ones",
			"no token at all, or the same for every entry",
		})
	}
	if lifted == "" {
		return nil
	}
	return map[string]string{tokenVariable: lifted}
}

// duplicate reports whether the target has the very same entry already.
func (c *completion) duplicate(req Request, done Completed, token string) bool {
	return slices.ContainsFunc(c.writers(done, token), func(i int) bool {
		return c.reqs[i].Where == req.Where && c.done[i].Entry.Without("token").equal(done.Entry.Without("token"))
	})
}

// writers returns the entries so far that write the same scope of the same
// cache.
func (c *completion) writers(done Completed, token string) []int {
	var same []int
	for i, other := range c.done {
		if c.reqs[i].Side == To && c.tokens[i] == token && other.URL == done.URL && other.Entry.Scope() == done.Entry.Scope() {
			same = append(same, i)
		}
	}
	return same
}

func collision(before, req Request) Note {
	scope := req.Entry.Scope()
	if before.Where != req.Where {
		return Note{
			LevelWarning,
			fmt.Sprintf("targets %q and %q write the same scope %q: the one that ends last overwrites the other", before.Where, req.Where, scope),
			"--gha-scope-per-target, or scope=NAME for each target",
		}
	}
	return Note{
		LevelWarning,
		fmt.Sprintf("two entries of %s write the same scope %q: one overwrites the other", req, scope),
		"scope=NAME for each",
	}
}
