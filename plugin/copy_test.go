package plugin

import (
	"os"
	"path/filepath"
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

func TestSecret(t *testing.T) {
	d := serve(t, cacheserver.Options{}, nil, servertest.Main)
	file := filepath.Join(t.TempDir(), "token")
	check(t, os.WriteFile(file, []byte(" of the file\n"), 0o600))
	env := &Env{Stdin: strings.NewReader("of standard input\n"), Lookup: func(name string) (string, bool) {
		value, ok := map[string]string{"MINE": "mine", "ACTIONS_RUNTIME_TOKEN": "the job's"}[name]
		return value, ok
	}}
	for source, want := range map[string]string{"": "the job's", "env:MINE": "mine", "-": "of standard input", file: "of the file"} {
		if got, err := env.secret(t.Context(), "--to-token", source); got != want || err != nil {
			t.Errorf("%q gives %q, %v", source, got, err)
		}
	}
	for source, want := range map[string]string{
		"env:NONE":                      "it is empty",
		filepath.Join(file, "secret"):   "not a directory",
		"secret":                        "no such file",
		"-":                             "it is empty", // it has been read
		d.vars["ACTIONS_RUNTIME_TOKEN"]: "everybody on this machine sees it",
	} {
		_, err := env.secret(t.Context(), "--to-token", source)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "ey") {
			t.Errorf("%q: %v", source, err)
		}
	}
}
