package mounts

import (
	"strings"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/actions"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
)

func TestWithoutATokenTheHintSaysWhereToGetOne(t *testing.T) {
	const outside, serve = " outside of a job of GitHub Actions", "docker ghacache serve -- docker ghacache …"
	results := map[string]string{"ACTIONS_RESULTS_URL": "http://127.0.0.1:1/"}
	for name, c := range map[string]struct {
		vars      map[string]string
		want, fix string
	}{
		"no job":                    {nil, "there is no ACTIONS_RUNTIME_TOKEN" + outside, serve},
		"no job, and a URL":         {results, "there is no ACTIONS_RUNTIME_TOKEN" + outside, serve},
		"no job, and a token":       {map[string]string{"ACTIONS_RUNTIME_TOKEN": "foo"}, "there is no ACTIONS_RESULTS_URL" + outside, serve},
		"a job":                     {map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_SERVER_URL": "https://github.com"}, "this step has no runtime token", "ghaction-github-runtime"},
		"a token that is not a JWT": {map[string]string{"ACTIONS_RUNTIME_TOKEN": "foo", "ACTIONS_RESULTS_URL": results["ACTIONS_RESULTS_URL"]}, "reading the runtime token: ", "docker ghacache doctor"},
	} {
		t.Run(name, func(t *testing.T) {
			job := actions.FromEnv(func(name string) (string, bool) { value, ok := c.vars[name]; return value, ok })
			_, err := NewKeeper(job, time.Now, "test")
			if err == nil || !strings.HasPrefix(err.Error(), c.want) || !strings.Contains(hint.Of(err), c.fix) {
				t.Errorf("got %v with hint %q, want %q and %q", err, hint.Of(err), c.want, c.fix)
			}
		})
	}
}
