package hooks

import (
	"strings"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/builders"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/servertest"
	"github.com/docker-ghacache/docker-ghacache/internal/diagnose"
	"github.com/docker/cli/cli/command"
	"github.com/docker/cli/cli/config"
	cliflags "github.com/docker/cli/cli/flags"
)

// commandLine is a command that somebody typed.
func commandLine(text string) Failed {
	if words := strings.Fields(text); len(words) > 0 {
		return Failed{Words: words[1:]}
	}
	return Failed{}
}

// jobVariables are those of a job whose token was made at noon and lives an hour.
func jobVariables(t *testing.T) map[string]string {
	t.Helper()
	server := servertest.Open(t, cacheserver.Options{Repository: "octo/app", Now: servertest.Noon})
	token, err := server.RuntimeToken([]cacheserver.RefAccess{{Ref: "refs/heads/main", Write: true}}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	vars := map[string]string{}
	for _, v := range server.Environment("http://127.0.0.1:1", token, "") {
		vars[v.Name] = v.Value
	}
	return vars
}

func TestTheHookKnowsWhatIsRefusedBeforeABuildBegins(t *testing.T) {
	for name, c := range map[string]struct {
		command string
		late    time.Duration // after the token was made, which lives an hour
		want    string        // the error of buildx or BuildKit, empty for none that is known
		cause   string
	}{
		"a builder that does not exist": {command: "docker buildx build --builder nowhere --cache-to type=gha .", want: `no builder "nowhere" found`, cause: "builder-missing"},
		"the same, in other forms":      {command: "docker build --builder=nowhere --cache-from=type=gha .", want: `no builder "nowhere" found`, cause: "builder-missing"},
		"a flag between the verbs":      {command: "docker buildx --builder nowhere build --cache-from type=gha .", want: `no builder "nowhere" found`, cause: "builder-missing"},
		"a build without a gha cache":   {command: "docker build --builder nowhere ."},
		"a cache of another type":       {command: "docker build --builder nowhere --cache-to type=registry,ref=r/gha:cache ."},
		"a token that has expired":      {command: "docker build --cache-from type=gha .", late: 2 * time.Hour, want: "failed to configure gha cache exporter: cache token expired at ", cause: "token-expired"},
		"a token that is good":          {command: "docker build --cache-from type=gha ."},
		"an option in quotes":           {command: `docker build --cache-to "type=gha,mode=max" .`, want: `unknown cache exporter: "gha,mode=max"`, cause: "option-quoted"},
		"a command of another program":  {command: "make image"},
		"nothing":                       {},
	} {
		t.Run(name, func(t *testing.T) {
			was := config.Dir()
			config.SetDir(t.TempDir())
			t.Cleanup(func() { config.SetDir(was) })
			t.Setenv("DOCKER_HOST", "tcp://127.0.0.1:1") // nobody answers
			docker, err := command.NewDockerCli()
			if err == nil {
				err = docker.Initialize(cliflags.NewClientOptions())
			}
			if err != nil {
				t.Fatal(err)
			}
			vars := jobVariables(t)
			failed := commandLine(c.command)
			failed.Docker, failed.Now = docker, servertest.Noon().Add(c.late)
			failed.Lookup = func(name string) (string, bool) { value, ok := vars[name]; return value, ok }
			got := failed.refusal(t.Context(), failed.builder())
			if c.want == "" && got != "" {
				t.Fatalf("got %q", got)
			}
			if !strings.HasPrefix(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if found, _ := diagnose.ExplainError(got); found.Cause.ID != c.cause && got != "" {
				t.Errorf("%q is explained as %q", got, found.Cause.ID)
			}
		})
	}
}

func TestTheHookKnowsTheDockerDriver(t *testing.T) {
	export, _ := commandLine("docker build --cache-to type=gha .").requests()
	both := &builders.Builder{Driver: "docker", Nodes: []builders.Node{{}}}
	if got := cannotExport(both, export); !strings.HasPrefix(got, "Cache export is not supported for the docker driver") {
		t.Errorf("got %q", got)
	}
	only, _ := commandLine("docker build --cache-from type=gha .").requests()
	for name, got := range map[string]string{
		"a cache that is only read": cannotExport(both, only),
		"another driver":            cannotExport(&builders.Builder{Driver: "docker-container"}, export),
		"the containerd store":      cannotExport(&builders.Builder{Driver: "docker", Nodes: []builders.Node{{Engine: builders.Engine{ContainerdStore: true}}}}, export),
	} {
		if got != "" {
			t.Errorf("%s: got %q", name, got)
		}
	}
}
