package gitrepo

import (
	"context"
	"sync"
	"time"
)

// ActionTags asks github.com which tags point at a commit of an action, each
// action once. The first one that cannot be asked is the last.
type ActionTags struct {
	environ []string
	failed  func(error) // called once

	mu    sync.Mutex
	known map[string]map[string]string // by action and commit, the longest tag
	off   bool
}

// NewActionTags takes git's environment, and what to do with the error that ends the asking.
func NewActionTags(environ []string, failed func(error)) *ActionTags {
	return &ActionTags{environ: environ, failed: failed, known: map[string]map[string]string{}}
}

// Resolve is the tag of an action at a commit, empty if it has none. That nobody answers
// is no error: then the version is not known.
func (a *ActionTags) Resolve(ctx context.Context, action, commit string) (string, error) {
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
			a.failed(err)
			return "", ctx.Err()
		}
		a.known[action] = tags
	}
	return tags[commit], nil
}

const askTags = 10 * time.Second

func (a *ActionTags) ask(ctx context.Context, action string) (map[string]string, error) {
	ctx, cancel := context.WithTimeout(ctx, askTags)
	defer cancel()
	return Tags(ctx, a.environ, "https://github.com/"+action)
}
