package builders_test

import (
	"errors"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
	"github.com/docker-ghacache/docker-ghacache/internal/builders"
)

func one(driver string, n builders.Node) *builders.Builder {
	n.Name = "n0"
	return &builders.Builder{Name: "b", Driver: driver, Nodes: []builders.Node{n}}
}

func engine(version string, containerd bool) *builders.Builder {
	return one("docker", builders.Node{Running: true, BuildKit: "v0.23.2", Engine: builders.Engine{Version: version, ContainerdStore: containerd}})
}

// finding is a note: its code and level, and parts of its text and of its hint.
type finding struct {
	code  cacheopts.Code
	level cacheopts.Level
	text  string
	hints []string
}

// startEngine is a part of the hint on this system.
func startEngine() string {
	if runtime.GOOS == "linux" {
		return "systemctl start docker"
	}
	return "docker desktop start"
}

func TestCheck(t *testing.T) {
	const (
		create  = "docker buildx create --driver docker-container --use"
		own     = "--gha-create-builder"
		skip    = "--gha-skip"
		allow   = "--gha-allow-docker-driver"
		migrate = "docker ghacache migrate-v2"
	)
	network := func(v string) builders.Node { return builders.Node{DriverOpts: map[string]string{"network": v}} }
	image := func(v string) builders.Node { return builders.Node{DriverOpts: map[string]string{"image": v}} }
	two := &builders.Builder{Name: "b", Driver: "kubernetes", Nodes: make([]builders.Node, 2)}
	for name, c := range map[string]struct {
		builder *builders.Builder
		checks  builders.Checks
		want    []finding
	}{
		"a stopped docker-container builder may start": {
			one("docker-container", builders.Node{}), builders.Checks{V2: true, Export: true, Buildx: "v0.21.0"}, nil,
		},
		"the docker driver is rejected": {
			engine("28.2.2", false), builders.Checks{},
			[]finding{{builders.CodeDockerDriver, cacheopts.LevelError, "28.2.2 does not use the containerd image store", []string{create, own, "storage/containerd", skip}}},
		},
		"a docker driver that could is rejected with the flag that allows it": {
			engine("28.2.2", true), builders.Checks{},
			[]finding{{builders.CodeDockerDriver, cacheopts.LevelError, "uses the docker driver", []string{allow, create, own, skip}}},
		},
		"in a job, a step creates another builder": {
			engine("28.2.2", false), builders.Checks{Job: true},
			[]finding{{builders.CodeDockerDriver, cacheopts.LevelError, "28.2.2 does not use the containerd image store", []string{
				"add this step before", "- uses: docker/setup-buildx-action@", "--load", own, "storage/containerd", skip,
			}}},
		},
		"an Engine that is away is not a matter of drivers": {
			one("docker", builders.Node{Err: errors.New("dial unix /run/docker.sock: connect: connection refused"), EngineDown: "unix:///run/docker.sock"}), builders.Checks{V2: true},
			[]finding{{builders.CodeEngineUnreachable, cacheopts.LevelError, "cannot reach the Docker Engine at unix:///run/docker.sock", []string{startEngine(), "docker context ls"}}},
		},
		"an Engine that is away has no container either": {
			one("docker-container", builders.Node{Err: errors.New("dial unix /run/docker.sock: connect: no such file or directory"), EngineDown: "unix:///run/docker.sock"}), builders.Checks{V2: true},
			[]finding{{builders.CodeEngineUnreachable, cacheopts.LevelError, "cannot reach the Docker Engine at unix:///run/docker.sock", []string{startEngine(), "docker context ls"}}},
		},
		"an Engine that is away on Windows": {
			one("docker", builders.Node{Err: &os.PathError{Op: "open", Path: `//./pipe/docker_engine`, Err: errors.New("The system cannot find the file specified.")}, EngineDown: "npipe:////./pipe/docker_engine"}), builders.Checks{V2: true}, //nolint:revive // the words of Windows
			[]finding{{builders.CodeEngineUnreachable, cacheopts.LevelError, "needs: The system cannot find the file specified", []string{startEngine(), "docker context ls"}}},
		},
		"an Engine that this user may not ask": {
			one("docker", builders.Node{Err: errors.New("permission denied while trying to connect to the docker API at unix:///run/docker.sock"), EngineDown: "unix:///run/docker.sock"}), builders.Checks{},
			[]finding{{builders.CodeEngineUnreachable, cacheopts.LevelError, "unix:///run/docker.sock, which builder \"b\" needs: permission denied", []string{"usermod -aG docker", "docker context ls"}}},
		},
		"an Engine whose failure has one word": {
			one("docker", builders.Node{Err: errors.New("refused"), EngineDown: "tcp://a"}), builders.Checks{},
			[]finding{{builders.CodeEngineUnreachable, cacheopts.LevelError, "tcp://a, which builder \"b\" needs: refused", []string{"docker context ls"}}},
		},
		"an Engine whose name is unknown": {
			one("docker", builders.Node{Err: errors.New("dial tcp: lookup nosuch.invalid: no such host"), EngineDown: "tcp://nosuch.invalid:2375"}), builders.Checks{},
			[]finding{{builders.CodeEngineUnreachable, cacheopts.LevelError, "tcp://nosuch.invalid:2375, which builder \"b\" needs: no such host", []string{"docker context ls"}}},
		},
		"one of two Engines that is away leaves the other": {
			&builders.Builder{Name: "b", Driver: "docker-container", Nodes: []builders.Node{{Name: "n0", Err: errors.New("refused"), EngineDown: "tcp://a"}, {Name: "n1", Running: true}}}, builders.Checks{},
			[]finding{{builders.CodeNodeUnreachable, cacheopts.LevelWarning, "node \"n0\" of builder \"b\" does not answer", []string{"docker buildx inspect b"}}},
		},
		"the network of another container may be the host's": {
			one("docker-container", network("container:svc")), builders.Checks{CacheURL: "http://127.0.0.1:8080/"}, nil,
		},
		"a docker driver that can is allowed": {
			engine("28.0.0", true), builders.Checks{AllowDocker: true, V2: true}, nil,
		},
		"allowing the docker driver does not make up for the store": {
			engine("28.2.2", false), builders.Checks{AllowDocker: true},
			[]finding{{builders.CodeDockerDriver, cacheopts.LevelError, allow + " does not help builder \"b\": its Engine 28.2.2 does not use the containerd image store", []string{create, own, "storage/containerd", skip}}},
		},
		"allowing the docker driver does not make up for an old Engine": {
			engine("27.5.1", true), builders.Checks{AllowDocker: true},
			[]finding{{builders.CodeDockerDriver, cacheopts.LevelError, "its Engine 27.5.1 is older than 28.0.0", []string{create, own, skip}}},
		},
		"an old BuildKit cannot use v2": {
			one("remote", builders.Node{Running: true, BuildKit: "v0.18.2"}), builders.Checks{V2: true},
			[]finding{{builders.CodeOldBuildKit, cacheopts.LevelError, "BuildKit v0.18.2 of node \"n0\" does not speak cache service v2", []string{create, migrate}}},
		},
		"an old BuildKit that is not booted yet": {
			one("docker-container", image("moby/buildkit:v0.12.5")), builders.Checks{V2: true},
			[]finding{{builders.CodeOldBuildKit, cacheopts.LevelError, "BuildKit v0.12.5, which node \"n0\" is to boot, does not speak cache service v2", []string{create, migrate}}},
		},
		"an old BuildKit without root, from a mirror": {
			one("kubernetes", image("mirror.example/moby/buildkit:v0.19.0-rootless")), builders.Checks{V2: true},
			[]finding{{builders.CodeOldBuildKit, cacheopts.LevelError, "BuildKit v0.19.0, which node", []string{create, migrate}}},
		},
		"a BuildKit to boot that does not renew URLs": {
			one("docker-container", image("moby/buildkit:v0.22.0")), builders.Checks{V2: true},
			[]finding{{builders.CodeNoRenewal, cacheopts.LevelWarning, "BuildKit v0.22.0, which node \"n0\" is to boot, does not renew", []string{"migrate-v2 --upgrade-builder b"}}},
		},
		"what an image of somebody's own has is not known":  {one("docker-container", image("ghcr.io/acme/buildkit:v0.12.5")), builders.Checks{V2: true}, nil},
		"a digest without a tag does not tell":              {one("docker-container", image("moby/buildkit@sha256:0123")), builders.Checks{V2: true}, nil},
		"a tag that moves is new enough":                    {one("docker-container", image("moby/buildkit:latest")), builders.Checks{V2: true}, nil},
		"an old BuildKit that is not booted yet can use v1": {one("docker-container", image("moby/buildkit:v0.12.5")), builders.Checks{}, nil},
		"an old BuildKit can use v1": {
			one("remote", builders.Node{Running: true, BuildKit: "v0.18.2"}), builders.Checks{}, nil,
		},
		"a BuildKit built from source is trusted": {
			one("remote", builders.Node{Running: true, BuildKit: "v0.0.0+unknown"}), builders.Checks{V2: true}, nil,
		},
		"an old buildx cannot use v2": {
			one("remote", builders.Node{}), builders.Checks{V2: true, Buildx: "v0.21.0-rc2"},
			[]finding{{builders.CodeOldBuildx, cacheopts.LevelError, "buildx v0.21.0-rc2 does not speak cache service v2", []string{"https://docs.docker.com/go/buildx/", migrate}}},
		},
		"a BuildKit that does not renew URLs may fail in long builds": {
			one("docker-container", builders.Node{Running: true, BuildKit: "v0.22.0"}), builders.Checks{V2: true},
			[]finding{{builders.CodeNoRenewal, cacheopts.LevelWarning, "BuildKit v0.22.0 of node \"n0\" does not renew the URLs of cached layers", []string{"migrate-v2 --upgrade-builder b"}}},
		},
		"only a docker-container builder is upgraded from here": {
			one("remote", builders.Node{Running: true, BuildKit: "v0.22.0"}), builders.Checks{V2: true},
			[]finding{{builders.CodeNoRenewal, cacheopts.LevelWarning, "v0.23.2 renews them", []string{create}}},
		},
		"an Engine's BuildKit comes with the Engine": {
			one("docker", builders.Node{Running: true, BuildKit: "v0.20.0", Engine: builders.Engine{Version: "28.0.0", ContainerdStore: true}}), builders.Checks{V2: true, AllowDocker: true},
			[]finding{{builders.CodeNoRenewal, cacheopts.LevelWarning, "v0.23.2 renews them", []string{"engine/install"}}},
		},
		"a BuildKit that says that it has no gha caches": {
			one("remote", builders.Node{Running: true, BuildKit: "v0.8.3", GHA: new(false)}), builders.Checks{},
			[]finding{{builders.CodeNoGHA, cacheopts.LevelError, "BuildKit v0.8.3 of node \"n0\" has no type=gha caches", []string{create}}},
		},
		"a BuildKit that says that it has gha caches": {
			one("remote", builders.Node{Running: true, BuildKit: "v0.33.1", GHA: new(true)}), builders.Checks{V2: true}, nil,
		},
		"nobody asks again a builder that does not answer": {
			one("remote", builders.Node{Err: errors.New("connection refused")}), builders.Checks{Last: true},
			[]finding{{builders.CodeNodeUnreachable, cacheopts.LevelError, "does not answer: connection refused", []string{"docker buildx inspect b"}}},
		},
		"a node that answers is enough to build": {
			&builders.Builder{Name: "b", Driver: "remote", Nodes: []builders.Node{{Name: "n0", Err: errors.New("connection refused")}, {Name: "n1", Running: true}}}, builders.Checks{Last: true},
			[]finding{{builders.CodeNodeUnreachable, cacheopts.LevelWarning, "does not answer: connection refused", []string{"docker buildx inspect b"}}},
		},
		"several nodes overwrite each other's index": {
			two, builders.Checks{Export: true}, []finding{{builders.CodeSeveralNodes, cacheopts.LevelWarning, "has 2 nodes", []string{"scope"}}},
		},
		"several nodes read the same index": {two, builders.Checks{}, nil},
		"a container has a loopback of its own": {
			one("docker-container", network("bridge")), builders.Checks{CacheURL: "http://127.0.0.1:8080/"},
			[]finding{{builders.CodeOwnNetwork, cacheopts.LevelWarning, "cannot reach http://127.0.0.1:8080/", []string{"--driver-opt network=host", "--gha-relay=require"}}},
		},
		"a relay reaches the service in its place": {
			one("docker-container", network("bridge")), builders.Checks{CacheURL: "http://127.0.0.1:8080/", Relayed: true}, nil,
		},
		"a container on the host's network shares its loopback": {
			one("docker-container", network("host")), builders.Checks{CacheURL: "http://127.0.0.1:8080/"}, nil,
		},
		"a service elsewhere is reached from any network": {
			one("docker-container", builders.Node{}), builders.Checks{CacheURL: "https://results-receiver.actions.githubusercontent.com/"}, nil,
		},
		"a node that does not answer is left to buildx": {
			one("remote", builders.Node{Err: errors.New("connection refused")}), builders.Checks{V2: true},
			[]finding{{builders.CodeNodeUnreachable, cacheopts.LevelWarning, "node \"n0\" of builder \"b\" does not answer: connection refused", []string{"docker buildx inspect b"}}},
		},
		"an error of several lines is one line": {
			one("remote", builders.Node{Err: errors.New("listing workers:\n  connection error\n\tof the transport")}), builders.Checks{},
			[]finding{{builders.CodeNodeUnreachable, cacheopts.LevelWarning, "does not answer: listing workers: connection error of the transport", []string{"docker buildx inspect b"}}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			compare(t, c.builder.Check(c.checks), c.want)
		})
	}
}

func compare(t *testing.T, got []cacheopts.Note, want []finding) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("got %+v, want %+v", got, want)
	}
	for i, w := range want {
		if got[i].Code != w.code || got[i].Level != w.level || !strings.Contains(got[i].Text, w.text) {
			t.Errorf("got %s %s: %s, want %s %s: …%s…", got[i].Level, got[i].Code, got[i].Text, w.level, w.code, w.text)
		}
		if strings.HasSuffix(got[i].Text, ".") {
			t.Errorf("%q ends with a full stop", got[i].Text)
		}
		if strings.ContainsAny(got[i].Text, "\r\n") {
			t.Errorf("%q has several lines", got[i].Text)
		}
		hints := strings.Split(got[i].Hint, "\n")
		if len(hints) != len(w.hints) {
			t.Fatalf("got hints %q, want %q", hints, w.hints)
		}
		for j, h := range w.hints {
			if !strings.Contains(hints[j], h) {
				t.Errorf("got hint %q, want %q", hints[j], h)
			}
		}
	}
}

func TestLoopback(t *testing.T) {
	for url, want := range map[string]bool{
		"http://127.0.0.1:8080/":  true,
		"http://127.3.2.1/":       true,
		"http://[::1]:8080/":      true,
		"http://localhost:8080":   true,
		"http://0.0.0.0:8080/":    true,
		"http://192.168.1.4/":     false,
		"https://ghes.example/_c": false,
		"http://localhost.fr/":    false,
		"":                        false,
		"://":                     false,
	} {
		if got := builders.Loopback(url); got != want {
			t.Errorf("Loopback(%q) is %v", url, got)
		}
	}
}
