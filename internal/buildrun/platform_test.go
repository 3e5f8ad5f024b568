package buildrun

import (
	"io"
	"runtime"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/builders"
	"github.com/docker/cli/cli/command"
	cliflags "github.com/docker/cli/cli/flags"
)

func TestPlatformOfABuild(t *testing.T) {
	b := &builders.Builder{Name: "b"}
	for wanted, want := range map[string]string{
		"linux/amd64": "linux/amd64", "linux/arm64/v8": "linux/arm64", "linux/aarch64": "linux/arm64", "linux/arm/v7": "linux/arm/v7", "linux/x86_64": "linux/amd64",
		"aarch64":                 runtime.GOOS + "/arm64", // as buildx reads it
		"no/such/platform/at all": "",
	} {
		got, err := (&invocation{}).platformOf([]string{wanted}, b)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%s: %q, error %v", wanted, got, err)
		}
	}
}

func TestABuilderElsewhereNeedsAPlatform(t *testing.T) {
	here := builders.Node{Endpoint: "unix:///run/buildkit/buildkitd.sock"}
	for name, tt := range map[string]struct {
		nodes []builders.Node
		known bool
	}{
		"on this machine":            {[]builders.Node{here}, true},
		"elsewhere":                  {[]builders.Node{{Endpoint: "tcp://10.0.0.1:1234"}}, false},
		"one of its nodes elsewhere": {[]builders.Node{here, {Endpoint: "ssh://user@host"}}, false},
		"in a cluster":               {[]builders.Node{{Endpoint: "kubernetes:///b?deployment=b"}}, false},
	} {
		inv := &invocation{env: &Env{Docker: docker(t)}}
		got, err := inv.platformOf(nil, &builders.Builder{Name: "b", Nodes: tt.nodes})
		if (err == nil) != tt.known || (got != "") != tt.known {
			t.Errorf("%s: %q, error %v", name, got, err)
		}
	}
}

func docker(t *testing.T) command.Cli {
	t.Helper()
	cli, err := command.NewDockerCli(command.WithCombinedStreams(io.Discard))
	if err == nil {
		err = cli.Initialize(cliflags.NewClientOptions())
	}
	if err != nil {
		t.Fatal(err)
	}
	return cli
}
