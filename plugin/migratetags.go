package plugin

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/gitrepo"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
)

// actionTags asks github.com which tags point at a commit of an action, each
// action once. The first one that cannot be asked is the last.
type actionTags struct {
	env *Env

	mu    sync.Mutex
	known map[string]map[string]string // by action and commit, the longest tag
	off   bool
}

func newActionTags(env *Env) *actionTags {
	return &actionTags{env: env, known: map[string]map[string]string{}}
}

// resolve is for [migrate.Options]. That nobody answers is no error: then the
// version is not known, as with --offline.
func (a *actionTags) resolve(ctx context.Context, action, commit string) (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.off {
		return "", ctx.Err()
	}
	tags, ok := a.known[action]
	if !ok {
		var err error
		if tags, err = a.ask(ctx, action); err != nil {
			a.off = true
			a.env.notes().Note(ui.Info, fmt.Sprintf("versions of actions are not looked up: %v", err), "--offline")
			return "", ctx.Err()
		}
		a.known[action] = tags
	}
	return tags[commit], nil
}

const askTags = 10 * time.Second

func (a *actionTags) ask(ctx context.Context, action string) (map[string]string, error) {
	ctx, cancel := context.WithTimeout(ctx, askTags)
	defer cancel()
	return gitrepo.Tags(ctx, a.env.Environ(), "https://github.com/"+action)
}
