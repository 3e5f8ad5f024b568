package cacheopts

import "cmp"

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
			Code: CodeDifferentToken, Level: LevelWarning, Attr: "token",
			Text: "token stays in the command line, where every user of this machine can read it, because the entries have different tokens",
			Hint: "no token at all, or the same for every entry",
		})
	}
	if lifted == "" {
		return nil
	}
	return map[string]string{tokenVariable: lifted}
}
