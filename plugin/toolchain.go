package plugin

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/docker-ghacache/docker-ghacache/internal/builders"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/rules"
	"github.com/docker-ghacache/docker-ghacache/internal/release"
)

// tool is a program of this machine that builds with caches rest on.
type tool struct {
	Name    string `json:"name"`
	Version string `json:"version,omitempty"` // empty: unknown, or not installed
	Needs   string `json:"needs,omitempty"`   // the first release that speaks version 2; empty: any does
	Old     bool   `json:"old"`
	// Certainty says how much being old matters: other builders than the
	// current one are mere advice.
	Certainty rules.Certainty `json:"certainty,omitempty"`
	Detail    string          `json:"detail,omitempty"`
	Upgrade   []string        `json:"upgrade,omitempty"` // commands, or where to read on
}

// judged completes a tool that was found with what there is to say about its
// version.
func (t tool) judged(c rules.Certainty, upgrade ...string) tool {
	if t.Old = t.Needs != "" && release.Before(t.Version, t.Needs); t.Old {
		t.Certainty, t.Upgrade = c, upgrade
	}
	return t
}

// failed says why a version is not known.
func (t tool) failed(err error) tool {
	if err != nil {
		t.Detail = strings.Join(strings.Fields(err.Error()), " ")
	}
	return t
}

// toolchain asks for all versions at the same time.
func toolchain(ctx context.Context, env *Env) []tool {
	asked := make([][]tool, 4)
	var asking sync.WaitGroup
	for i, ask := range []func() []tool{
		func() []tool {
			docker := dockerFacts(ctx, env)
			return []tool{tool{Name: "docker CLI", Version: docker.Version}.failed(docker.Err)}
		},
		func() []tool { return []tool{buildxTool(env)} },
		func() []tool { return []tool{composeTool(env)} },
		func() []tool {
			return builderTools(ctx, env, cmp.Or(env.builder("", false), builders.Current(env.Docker)))
		},
	} {
		asking.Go(func() { asked[i] = ask() })
	}
	asking.Wait()
	return slices.Concat(asked...)
}

func buildxTool(env *Env) tool {
	buildx, err := builders.FindBuildx(env.Docker)
	return tool{Name: "buildx", Version: buildx.Version, Needs: release.Buildx}.failed(err).
		judged(rules.Certain, "apt-get install docker-buildx-plugin", "https://docs.docker.com/go/buildx/")
}

func composeTool(env *Env) tool {
	version, err := builders.ComposeVersion(env.Docker)
	return tool{Name: "Compose", Version: version, Needs: release.Compose}.failed(err).
		judged(rules.Conditional, "apt-get install docker-compose-plugin", "https://docs.docker.com/compose/install/")
}

// builderTools are the nodes of all builders. Those of the current builder
// matter most.
func builderTools(ctx context.Context, env *Env, current string) []tool {
	all, err := builders.All(ctx, env.Docker)
	if err != nil {
		return []tool{tool{Name: "builders"}.failed(err)}
	}
	var tools []tool
	for _, b := range all {
		certainty := rules.Advice
		if b.Name == current {
			certainty = rules.Certain
		}
		for _, n := range b.Nodes {
			tools = append(tools, nodeTool(b, n).judged(certainty, upgradeNode(b, n)...))
		}
	}
	return tools
}

func nodeTool(b *builders.Builder, n builders.Node) tool {
	if b.Driver == "docker" || b.Driver == "" {
		return engineTool(b, n)
	}
	t := tool{Name: "BuildKit of node " + n.Name, Version: n.BuildKit, Needs: release.BuildKit}
	if t.Version == "" {
		t.Version, t.Detail = builders.ImageVersion(n.DriverOpts["image"]), "it is not running"
	}
	return t.failed(n.Err)
}

// engineTool is the Engine whose built-in BuildKit is the node.
func engineTool(b *builders.Builder, n builders.Node) tool {
	t := tool{Name: "Engine of builder " + b.Name, Version: n.Engine.Version, Needs: release.Engine}.failed(n.Err)
	if n.Running && !n.Engine.ContainerdStore {
		t.Detail = "it does not use the containerd image store, without which it has no cache export"
	}
	return t
}

func upgradeNode(b *builders.Builder, n builders.Node) []string {
	switch b.Driver {
	case "docker-container":
		return []string{"docker ghacache migrate-v2 --upgrade-builder " + b.Name}
	case "docker", "":
		return []string{"apt-get install docker-ce", "https://docs.docker.com/engine/install/"}
	case "remote":
		return []string{fmt.Sprintf("run BuildKit %s or newer at %s", release.Renewal, n.Endpoint)}
	}
	return []string{"docker buildx rm " + b.Name, fmt.Sprintf("docker buildx create --name %s --driver %s", b.Name, b.Driver)}
}

// why is what is wrong with a tool that is too old.
func (t tool) why() string {
	why := "it supports version 2 of the cache service since " + t.Needs
	if t.Detail != "" {
		why += "; " + t.Detail
	}
	return why
}
