package plugin

import (
	"strings"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/servertest"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
)

// copyTo has a job copy its caches to a new service, to which it has a token.
func copyTo(t *testing.T, d *desk) (args []string, target *desk) {
	t.Helper()
	target = serve(t, cacheserver.Options{}, nil, servertest.Main)
	d.vars["NEW_TOKEN"] = target.vars["ACTIONS_RUNTIME_TOKEN"]
	return []string{"migrate-v2", "--copy", "--to-url", target.url, "--to-token", "env:NEW_TOKEN"}, target
}

func TestCopyOfTheExample(t *testing.T) {
	d := exampleJob(t, cacheserver.Options{})
	args, target := copyTo(t, d)
	left(t, "copy/some-left", d.run(args...))
	left(t, "copy/again-json", d.run(append(args, "--format", "json")...))
	left(t, "copy/scope", d.run(append(args, "--scope", "web")...))
	left(t, "copy/listed", target.run("ls", "--scope", "web"))
}

func TestCopyOnATerminal(t *testing.T) {
	d := exampleJob(t, cacheserver.Options{})
	args, _ := copyTo(t, d)
	seen := d.runOn(t.Context(), wide, args).stdout
	if !strings.Contains(seen, "copying ░") || !strings.Contains(seen, "copied: ") {
		t.Errorf("saw %q", seen)
	}
}
