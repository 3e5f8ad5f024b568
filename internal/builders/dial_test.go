//go:build unix

package builders_test

import (
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/builders"
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
