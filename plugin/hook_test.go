package plugin

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/builders"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	"github.com/docker-ghacache/docker-ghacache/internal/diagnose"
	"github.com/docker/cli/cli/command"
	cliflags "github.com/docker/cli/cli/flags"
)

func TestTheHookKnowsWhatIsRefusedBeforeABuildBegins(t *testing.T) {
	for name, c := range map[string]struct {
		command string
		late    time.Duration // after the token was made, which lives an hour
		want    string        // the error of buildx or BuildKit, empty for none that is known
		cause   string
	}{
		"a builder that does not exist": {command: "docker --log-level error buildx build --builder nowhere --cache-to type=gha .", want: `no builder "nowhere" found`, cause: "builder-missing"},
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
			inConfig(t, `{}`)
			t.Setenv("DOCKER_HOST", "tcp://127.0.0.1:1") // nobody answers
			d := serve(t, cacheserver.Options{}, nil, "refs/heads/main")
			token, err := d.service.RuntimeToken([]cacheserver.RefAccess{{Ref: "refs/heads/main", Write: true}}, time.Hour)
			check(t, err)
			d.vars["ACTIONS_RUNTIME_TOKEN"] = token
			docker, err := command.NewDockerCli()
			check(t, err)
			check(t, docker.Initialize(cliflags.NewClientOptions()))
			env := &Env{
				Docker: docker, Environ: os.Environ, Now: func() time.Time { return noon().Add(c.late) },
				Lookup: func(name string) (string, bool) { value, ok := d.vars[name]; return value, ok },
			}
			failed := readCommand(strings.Fields(c.command), time.Time{})
			got := failed.refusal(t.Context(), env, env.builder(failed.flag("builder")))
			if c.want == "" && got != "" {
				t.Fatalf("got %q", got)
			}
			wantText(t, got, c.want)
			if found, _ := diagnose.ExplainError(got); found.Cause.ID != c.cause && got != "" {
				t.Errorf("%q is explained as %q", got, found.Cause.ID)
			}
		})
	}
}

func TestTheHookKnowsTheDockerDriver(t *testing.T) {
	export, _ := readCommand(strings.Fields("docker build --cache-to type=gha ."), time.Time{}).requests()
	both := &builders.Builder{Driver: "docker", Nodes: []builders.Node{{}}}
	if got := cannotExport(both, export); !strings.HasPrefix(got, "Cache export is not supported for the docker driver") {
		t.Errorf("got %q", got)
	}
	only, _ := readCommand(strings.Fields("docker build --cache-from type=gha ."), time.Time{}).requests()
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
