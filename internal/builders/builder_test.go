//go:build unix

package builders_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docker/buildx/store/storeutil"
	"github.com/docker/cli/cli/command"

	"github.com/docker-ghacache/docker-ghacache/internal/builders"
)

func TestResolveOrder(t *testing.T) {
	cli := newCLI(t)
	for _, name := range []string{"named", "current"} {
		save(t, cli, name, "remote", (&buildkit{version: "v0.33.1"}).serve(t))
	}
	use(t, cli, "current")
	for name, c := range map[string]struct{ name, want string }{
		"the one that is named":          {"named", "named"},
		"else the current builder":       {"", "current"},
		"a context is a builder as well": {"default", "default"},
	} {
		t.Run(name, func(t *testing.T) {
			b, err := builders.Resolve(t.Context(), cli, c.name)
			if err != nil || b.Name != c.want {
				t.Errorf("got %+v, %v, want %q", b, err, c.want)
			}
		})
	}
	t.Run("an unknown one is an error", func(t *testing.T) {
		_, err := builders.Resolve(t.Context(), cli, "nope")
		expectHint(t, err, `builder "nope" not found`, "docker buildx ls")
	})
}

// use makes a builder the current one, as docker buildx use does.
func use(t *testing.T, cli command.Cli, name string) {
	t.Helper()
	txn, release, err := storeutil.GetStore(cli)
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	if err := txn.SetCurrent(cli.DockerEndpoint().Host, name, true, false); err != nil {
		t.Fatal(err)
	}
}

func TestResolveNode(t *testing.T) {
	for name, c := range map[string]struct {
		driver   string
		endpoint func(*testing.T) string
		want     builders.Node // Err and Endpoint apart
		err      string
	}{
		"a running node tells its version": {
			"remote", (&buildkit{version: "v0.20.1"}).serve, builders.Node{Running: true, BuildKit: "v0.20.1"}, "",
		},
		"an old one does not": {
			"remote", (&buildkit{}).serve, builders.Node{Running: true}, "",
		},
		"a dead endpoint says why": {
			"remote", func(t *testing.T) string { return "unix://" + socketPath(t) }, builders.Node{}, "no such file",
		},
		"a container that was never made is not booted": {
			"docker-container", func(t *testing.T) string { return serveEngine(t, "") }, builders.Node{}, "",
		},
		"a stopped container is not started": {
			"docker-container", func(t *testing.T) string { return serveEngine(t, "exited") }, builders.Node{}, "",
		},
		"an Engine that is not there says so": {
			"docker-container", func(t *testing.T) string { return "unix://" + socketPath(t) }, builders.Node{}, "failed to connect to the docker API",
		},
	} {
		t.Run(name, func(t *testing.T) {
			cli := newCLI(t)
			save(t, cli, "b", c.driver, c.endpoint(t))
			b, err := builders.Resolve(t.Context(), cli, "b")
			if err != nil {
				t.Fatal(err)
			}
			n := b.Nodes[0]
			if b.Driver != c.driver || n.Name != "b0" || n.Running != c.want.Running || n.BuildKit != c.want.BuildKit {
				t.Errorf("got %+v", b)
			}
			if (n.Err == nil) != (c.err == "") || n.Err != nil && !strings.Contains(n.Err.Error(), c.err) {
				t.Errorf("got error %v, want %q", n.Err, c.err)
			}
		})
	}
}

func TestResolveWithoutEngineKnowsTheDriverOfAContext(t *testing.T) {
	b, err := builders.Resolve(t.Context(), newCLI(t), "")
	if err != nil {
		t.Fatal(err)
	}
	if b.Name != "default" || b.Driver != "docker" || len(b.Nodes) != 1 || b.Nodes[0].Err == nil {
		t.Errorf("got %+v", b)
	}
}

func TestResolveAsksEveryNode(t *testing.T) {
	cli := newCLI(t)
	save(t, cli, "b", "remote", (&buildkit{version: "v0.19.0"}).serve(t), (&buildkit{version: "v0.20.0"}).serve(t))
	b, err := builders.Resolve(t.Context(), cli, "b")
	if err != nil {
		t.Fatal(err)
	}
	var versions []string
	for _, n := range b.Nodes {
		versions = append(versions, n.BuildKit)
	}
	if want := []string{"v0.19.0", "v0.20.0"}; !slices.Equal(versions, want) {
		t.Errorf("got %q, want %q", versions, want)
	}
}

func TestResolveIsBounded(t *testing.T) {
	cli := newCLI(t)
	_, silent := listen(t)
	save(t, cli, "b", "remote", silent)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	b, err := builders.Resolve(ctx, cli, "b")
	if err != nil {
		t.Fatal(err)
	}
	if n := b.Nodes[0]; n.Running || n.Err == nil {
		t.Errorf("got %+v", n)
	}
}

func TestResolveReleasesTheStoreBeforeItAsks(t *testing.T) {
	cli := newCLI(t)
	locked := make(chan error, 1)
	bk := &buildkit{version: "v0.33.1", asked: func() {
		_, release, err := storeutil.GetStore(cli)
		if err == nil {
			release()
		}
		locked <- err
	}}
	save(t, cli, "b", "remote", bk.serve(t))
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	b, err := builders.Resolve(ctx, cli, "b")
	if err != nil || b.Nodes[0].Err != nil {
		t.Fatalf("got %+v, %v: the lock is held", b, err)
	}
	select {
	case err := <-locked:
		if err != nil {
			t.Error(err)
		}
	case <-ctx.Done():
		t.Error("the node was not asked")
	}
}
