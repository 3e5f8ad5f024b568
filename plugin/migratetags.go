package plugin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/process"
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
	git, err := exec.LookPath("git")
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, askTags)
	defer cancel()
	environ := setenv(a.env.Environ(), "GIT_TERMINAL_PROMPT", "0")
	stdout, stderr, err := process.Output(ctx, process.Command{
		Path: git, Args: []string{"ls-remote", "--tags", "https://github.com/" + action}, Env: environ,
	})
	if err != nil {
		why := cmp.Or(strings.TrimSpace(string(stderr)), err.Error())
		return nil, errors.New(strings.Join(strings.Fields(why), " "))
	}
	return parseTags(string(stdout)), nil
}

// parseTags reads the lines of git ls-remote: a commit, a tab and a tag, whose
// object it is if the tag ends in ^{}. Of several tags on a commit (v3 moves
// along with v3.10.0), the longest is the version.
func parseTags(listing string) map[string]string {
	tags := map[string]string{}
	for line := range strings.Lines(listing) {
		commit, tag, _ := strings.Cut(strings.TrimSpace(line), "\trefs/tags/")
		tag = strings.TrimSuffix(tag, "^{}")
		if len(tag) > len(tags[commit]) {
			tags[commit] = tag
		}
	}
	return tags
}
