package properties

import (
	"cmp"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/docker/buildx/build"
	"github.com/docker/buildx/util/buildflags"
)

// used is what BuildKit makes of an entry in the end.
type used struct {
	Version int
	URL     string
	Token   string
	Scope   string
}

// resolve runs an option's value through buildx's own reading and completion,
// in the environment that keepActionsEnv guards, and through BuildKit's
// configuration. It returns nil where buildx drops the entry.
func resolve(t testing.TB, value string, env map[string]string) *used {
	t.Helper()
	entries, err := buildflags.ParseCacheEntry([]string{value})
	if err != nil {
		t.Fatalf("buildx does not read %q: %v", value, err)
	}
	setActionsEnv(t, env)
	options := build.CreateCaches(entries)
	if len(options) == 0 {
		return nil
	}
	return configure(t, options[0].Attrs)
}

// configure restates getConfig of BuildKit v0.33.1, cache/remotecache/gha/gha.go,
// branch by branch.
func configure(t testing.TB, attrs map[string]string) *used {
	t.Helper()
	scope, ok := attrs["scope"]
	if !ok {
		scope = "buildkit"
	}
	version := 0
	if v, ok := attrs["version"]; ok {
		var err error
		if version, err = strconv.Atoi(v); err != nil {
			t.Fatalf("BuildKit refuses version %q", v)
		}
	}
	url := ""
	if version != 1 {
		if v, ok := attrs["url_v2"]; ok {
			url, version = v, 2
		}
	}
	if url = cmp.Or(url, attrs["url"]); url == "" {
		t.Fatal("BuildKit refuses an entry without url")
	}
	if version == 0 {
		version = 1
		if strings.Contains(url, "results-receiver.actions.githubusercontent.com") {
			version = 2
		}
	}
	return &used{Version: version, URL: url, Token: attrs["token"], Scope: scope}
}

func actionsVariables() []string {
	return []string{"ACTIONS_RUNTIME_TOKEN", "ACTIONS_CACHE_URL", "ACTIONS_RESULTS_URL", "ACTIONS_CACHE_SERVICE_V2"}
}

// setActionsEnv makes these the only variables that buildx reads for type=gha.
func setActionsEnv(t testing.TB, env map[string]string) {
	t.Helper()
	for _, name := range actionsVariables() {
		value, ok := env[name]
		change := func() error { return os.Setenv(name, value) } //nolint:usetesting // keepActionsEnv restores it once for thousands of runs
		if !ok {
			change = func() error { return os.Unsetenv(name) }
		}
		if err := change(); err != nil {
			t.Fatal(err)
		}
	}
}

// keepActionsEnv restores the environment when the test ends.
func keepActionsEnv(t *testing.T) {
	t.Helper()
	for _, name := range actionsVariables() {
		t.Setenv(name, "")
	}
}
