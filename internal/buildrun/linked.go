package buildrun

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
	"github.com/docker-ghacache/docker-ghacache/internal/buildrun/cachelists"
)

// noteLinked warns of targets that are contexts of others and read no cache, though these do. buildx builds each by itself,
// with its own cache-from, before the others. An export of the others has its steps, but nobody reads them from there.
func (inv *invocation) noteLinked(targets cachelists.Targets) {
	if !inv.caches {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(targets)) {
		users := targets.UsersOf(name)
		if t := targets[name]; len(users) == 0 || len(t.CacheFrom) > 0 || t.NoCache || !builds(t.Call) {
			continue
		}
		scope := ""
		if !inv.own.scopePerTarget {
			scope = ",scope=" + name
		}
		inv.note(cacheopts.Note{
			Level: cacheopts.LevelWarning,
			Text:  fmt.Sprintf("target %q is a context of %s and has no cache-from, so its steps are not read from their caches", name, strings.Join(users, " and ")),
			Hint:  fmt.Sprintf("cache-from = [\"type=gha%s\"]   # in target %q\ncache-to = [\"type=gha,mode=max%s\"]", scope, name, scope),
		})
	}
}
