package toolchain

import (
	"errors"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/builders"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/rules"
	"github.com/docker-ghacache/docker-ghacache/internal/release"
)

func TestANodeIsJudgedByItsDriver(t *testing.T) {
	for name, c := range map[string]struct {
		builder builders.Builder
		node    builders.Node
		want    Tool
		upgrade string // the first way
	}{
		"a BuildKit that is too old": {
			builders.Builder{Name: "ci", Driver: "docker-container"}, builders.Node{Name: "ci0", Running: true, BuildKit: "v0.12.0"},
			Tool{Name: "BuildKit of node ci0", Version: "v0.12.0", Needs: release.BuildKit, Old: true}, "docker ghacache migrate-v2 --upgrade-builder ci",
		},
		"one that does not run, by its image": {
			builders.Builder{Name: "ci", Driver: "docker-container"}, builders.Node{Name: "ci0", DriverOpts: map[string]string{"image": "moby/buildkit:v0.12.0"}},
			Tool{Name: "BuildKit of node ci0", Version: "v0.12.0", Needs: release.BuildKit, Old: true, Detail: "it is not running"}, "docker ghacache migrate-v2 --upgrade-builder ci",
		},
		"one that is new enough": {
			builders.Builder{Name: "far", Driver: "remote"}, builders.Node{Name: "far0", Running: true, BuildKit: release.BuildKit},
			Tool{Name: "BuildKit of node far0", Version: release.BuildKit, Needs: release.BuildKit}, "",
		},
		"one that cannot be asked": {
			builders.Builder{Name: "far", Driver: "remote"}, builders.Node{Name: "far0", Running: true, Err: errors.New("connection\n refused")},
			Tool{Name: "BuildKit of node far0", Needs: release.BuildKit, Detail: "connection refused"}, "",
		},
		"an Engine without the containerd store": {
			builders.Builder{Name: "default", Driver: "docker"}, builders.Node{Name: "default", Running: true, Engine: builders.Engine{Version: "24.0.1"}},
			Tool{Name: "Engine of builder default", Version: "24.0.1", Needs: release.Engine, Old: true, Detail: "it does not use the containerd image store, without which it has no cache export"},
			"apt-get install docker-ce",
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := nodeTool(&c.builder, c.node).judged(rules.Certain, upgradeNode(&c.builder, c.node)...)
			if got.Name != c.want.Name || got.Version != c.want.Version || got.Needs != c.want.Needs || got.Old != c.want.Old || got.Detail != c.want.Detail {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
			first := ""
			if len(got.Upgrade) > 0 {
				first = got.Upgrade[0]
			}
			if first != c.upgrade {
				t.Errorf("upgrade by %q, want %q", first, c.upgrade)
			}
		})
	}
}
