package plugin

import (
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	"github.com/docker/cli/cli/config"
)

// inConfig has commands read and write a configuration of docker of their own.
func inConfig(t *testing.T, content string) (file string) {
	t.Helper()
	was := config.Dir()
	config.SetDir(t.TempDir())
	t.Cleanup(func() { config.SetDir(was) })
	t.Setenv("PATH", t.TempDir()) // no docker whose version matters
	file = filepath.Join(config.Dir(), "config.json")
	check(t, os.WriteFile(file, []byte(content), 0o600))
	return file
}

func TestHooksSayWhyDockerDoesNotAsk(t *testing.T) {
	const enabled = `"plugins": {"ghacache": {"error-hooks": "buildx build"}}`
	for name, c := range map[string]struct {
		config string
		vars   map[string]string
		stdout string
		why    string
	}{
		"they are not enabled":                {config: `{}`, stdout: "disabled\n"},
		"docker asks":                         {config: `{"features": {"hooks": "true"}, ` + enabled + `}`, stdout: "enabled for buildx build\n"},
		"the switch for all plugins is off":   {config: `{"features": {"hooks": "false"}, ` + enabled + `}`, stdout: "enabled for buildx build\n", why: "features.hooks is not on"},
		"there is no switch":                  {config: `{` + enabled + `}`, stdout: "enabled for buildx build\n", why: "features.hooks is not on"},
		"a variable is off":                   {config: `{"features": {"hooks": "true"}, ` + enabled + `}`, vars: map[string]string{"DOCKER_CLI_HINTS": "false"}, stdout: "enabled for buildx build\n", why: `DOCKER_CLI_HINTS is "false"`},
		"a variable is no boolean":            {config: `{"features": {"hooks": "true"}, ` + enabled + `}`, vars: map[string]string{"DOCKER_CLI_HOOKS": "on"}, stdout: "enabled for buildx build\n", why: `DOCKER_CLI_HOOKS is "on"`},
		"a variable is on, whatever is saved": {config: `{` + enabled + `}`, vars: map[string]string{"DOCKER_CLI_HOOKS": "1"}, stdout: "enabled for buildx build\n"},
	} {
		t.Run(name, func(t *testing.T) {
			inConfig(t, c.config)
			d := serve(t, cacheserver.Options{}, nil)
			maps.Copy(d.vars, c.vars)
			got := d.run("hooks", "status")
			if got.code != 0 || got.stdout != c.stdout {
				t.Errorf("%+v", got)
			}
			if c.why == "" && got.stderr != "" {
				t.Errorf("said %q", got.stderr)
			}
			wantText(t, got.stderr, c.why)
		})
	}
}

func TestHooksKeepThoseOfTheUser(t *testing.T) {
	file := inConfig(t, `{"plugins": {"ghacache": {"error-hooks": "compose build"}}}`)
	d := serve(t, cacheserver.Options{}, nil)
	if got := d.run("hooks", "enable"); got.code != 0 {
		t.Fatalf("%+v", got)
	}
	data, err := os.ReadFile(file)
	check(t, err)
	wantText(t, string(data), `"compose build,buildx build,buildx bake"`)
	if got := d.run("hooks", "disable"); got.code != 0 {
		t.Fatalf("%+v", got)
	}
	data, err = os.ReadFile(file)
	check(t, err)
	wantText(t, string(data), `"error-hooks": "compose build"`)
}
