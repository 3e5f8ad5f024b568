package toolchain

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
	"github.com/docker/cli/cli/command"
)

// Tool is a program of this machine that builds with caches rest on.
type Tool struct {
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
func (t Tool) judged(c rules.Certainty, upgrade ...string) Tool {
	if t.Old = t.Needs != "" && release.Before(t.Version, t.Needs); t.Old {
		t.Certainty, t.Upgrade = c, upgrade
	}
	return t
}

// failed says why a version is not known.
func (t Tool) failed(err error) Tool {
	if err != nil {
		t.Detail = strings.Join(strings.Fields(err.Error()), " ")
	}
	return t
}

// Tools asks for all versions at the same time. Lookup and environ are the environment of this program.
func Tools(ctx context.Context, docker command.Cli, lookup func(string) (string, bool), environ []string) []Tool {
	asked := make([][]Tool, 4)
	var asking sync.WaitGroup
	for i, ask := range []func() []Tool{
		func() []Tool {
			version, err := builders.DockerVersion(ctx, lookup, environ)
			return []Tool{Tool{Name: "docker CLI", Version: version}.failed(err)}
		},
		func() []Tool { return []Tool{buildxTool(docker)} },
		func() []Tool { return []Tool{composeTool(docker)} },
		func() []Tool {
			return builderTools(ctx, docker, cmp.Or(builders.Chosen(lookup, "", false), builders.Current(docker)))
		},
	} {
		asking.Go(func() { asked[i] = ask() })
	}
	asking.Wait()
	return slices.Concat(asked...)
}

func buildxTool(docker command.Cli) Tool {
	buildx, err := builders.FindBuildx(docker)
	return Tool{Name: "buildx", Version: buildx.Version, Needs: release.Buildx}.failed(err).
		judged(rules.Certain, "apt-get install docker-buildx-plugin", "https://docs.docker.com/go/buildx/")
}

func composeTool(docker command.Cli) Tool {
	version, err := builders.ComposeVersion(docker)
	return Tool{Name: "Compose", Version: version, Needs: release.Compose}.failed(err).
		judged(rules.Conditional, "apt-get install docker-compose-plugin", "https://docs.docker.com/compose/install/")
}

// builderTools are the nodes of all builders. Those of the current builder
// matter most.
func builderTools(ctx context.Context, docker command.Cli, current string) []Tool {
	all, err := builders.All(ctx, docker)
	if err != nil {
		return []Tool{Tool{Name: "builders"}.failed(err)}
	}
	var tools []Tool
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

func nodeTool(b *builders.Builder, n builders.Node) Tool {
	if b.Driver == "docker" || b.Driver == "" {
		return engineTool(b, n)
	}
	t := Tool{Name: "BuildKit of node " + n.Name, Version: n.BuildKit, Needs: release.BuildKit}
	if t.Version == "" {
		t.Version, t.Detail = builders.ImageVersion(n.DriverOpts["image"]), "it is not running"
	}
	return t.failed(n.Err)
}

// engineTool is the Engine whose built-in BuildKit is the node.
func engineTool(b *builders.Builder, n builders.Node) Tool {
	t := Tool{Name: "Engine of builder " + b.Name, Version: n.Engine.Version, Needs: release.Engine}.failed(n.Err)
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

// Why is what is wrong with a tool that is too old.
func (t Tool) Why() string {
	why := "it supports version 2 of the cache service since " + t.Needs
	if t.Detail != "" {
		why += "; " + t.Detail
	}
	return why
}
