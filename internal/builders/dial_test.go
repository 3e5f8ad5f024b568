//go:build unix

package builders_test

import (
	"strings"
	"testing"

	"github.com/docker/buildx/driver"

	"github.com/docker-ghacache/docker-ghacache/internal/builders"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
)

func TestDial(t *testing.T) {
	cli := newCLI(t)
	save(t, cli, "b", "remote", (&buildkit{version: "v0.33.1"}).serve(t), "unix://"+socketPath(t))
	nodes, err := builders.Dial(t.Context(), cli, "b")
	if err != nil {
		t.Fatal(err)
	}
	if len(nodes) != 2 || nodes[0].Node != "b0" || nodes[0].Err != nil || nodes[1].Err == nil || nodes[1].Client != nil {
		t.Fatalf("got %+v", nodes)
	}
	if err := nodes[1].Failure(); nodes[0].Failure() != nil || err == nil || !strings.HasPrefix(err.Error(), `node "b1" of builder "b" does not answer: `) || hint.Of(err) != "docker buildx inspect b" {
		t.Errorf("got %v with hint %q", err, hint.Of(err))
	}
	info, err := nodes[0].Client.Info(t.Context())
	if err != nil || info.BuildkitVersion.Version != "v0.33.1" {
		t.Errorf("got %+v, %v", info, err)
	}
	if err := nodes[0].Client.Close(); err != nil {
		t.Error(err)
	}
}

func TestDialAnUnknownBuilder(t *testing.T) {
	if _, err := builders.Dial(t.Context(), newCLI(t), "unknown"); err == nil {
		t.Error("dialled")
	}
}

func TestABuilderThatWasNotBootedIsNamed(t *testing.T) {
	err := builders.Connection{Node: "a b0", Builder: "a b", Err: driver.ErrNotRunning{}}.Failure()
	if err == nil || err.Error() != `builder "a b" does not run yet` || hint.Of(err) != "docker buildx inspect --bootstrap 'a b'" || !builders.NotRunning(err) {
		t.Errorf("got %v with hint %q", err, hint.Of(err))
	}
}
