package builders

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker/buildx/builder"
	"github.com/docker/buildx/util/dockerutil"
	"github.com/docker/cli/cli/command"
	dockerclient "github.com/moby/moby/client"

	// buildx finds its drivers in a registry that these fill.
	_ "github.com/docker/buildx/driver/cloud"
	_ "github.com/docker/buildx/driver/docker"
	_ "github.com/docker/buildx/driver/docker-container"
	_ "github.com/docker/buildx/driver/kubernetes"
	_ "github.com/docker/buildx/driver/remote"
)

// patience bounds how long the nodes of a builder may take to answer.
const patience = 10 * time.Second

// Builder is the builder that buildx would use, as far as it answered.
type Builder struct {
	Name string
	// Driver is docker, docker-container, kubernetes, remote or cloud. A Docker
	// context has docker, also while its Engine does not answer.
	Driver string
	Nodes  []Node
}

// Resolve finds the builder that buildx would use and asks its nodes what they
// are, without booting any. Name is the value of --builder or BUILDX_BUILDER;
// empty means the current builder. An unknown name is an error with a hint. A
// node that does not answer within ten seconds is no error: its Err says why.
//
// The lock on buildx's store is released before the nodes are asked.
func Resolve(ctx context.Context, dockerCLI command.Cli, name string) (*Builder, error) {
	return resolve(ctx, dockerCLI, name, nil)
}

func resolve(ctx context.Context, dockerCLI command.Cli, name string, more question) (*Builder, error) {
	loaded, err := open(dockerCLI, name)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return load(ctx, dockerCLI, loaded, more), nil
}

// load asks all nodes of a builder at the same time, and running ones more.
func load(ctx context.Context, dockerCLI command.Cli, loaded *builder.Builder, more question) *Builder {
	nodes, err := loaded.LoadNodes(ctx, builder.WithSkippedImageOpt()) // registry credentials serve to boot a node
	b := &Builder{Name: loaded.Name, Driver: loaded.Driver}
	if b.Driver == "" && loaded.DockerContext {
		b.Driver = "docker" // what builds on a context, once its Engine answers
	}
	if err != nil {
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			err = errSilent
		}
		for _, n := range loaded.NodeGroup.Nodes {
			b.Nodes = append(b.Nodes, Node{Name: n.Name, Endpoint: n.Endpoint, DriverOpts: n.DriverOpts, Err: err, EngineDown: engineDown(dockerCLI, n.Endpoint, err)})
		}
		return b
	}
	b.Nodes = make([]Node, len(nodes))
	var asked sync.WaitGroup
	for i := range nodes {
		asked.Go(func() {
			b.Nodes[i] = ask(ctx, &nodes[i], more)
			if b.Nodes[i].Err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
				b.Nodes[i].Err = errSilent
			}
		})
	}
	asked.Wait()
	return b
}

// errSilent is why a node could not be asked that kept silent: gRPC, the Engine's
// client and buildx each have words of their own for a context that has ended.
var errSilent = fmt.Errorf("no answer in %.0f s", patience.Seconds())

// engineDown is the address of the Engine behind an endpoint that could not be
// asked for its driver, empty where err has another reason.
func engineDown(dockerCLI command.Cli, endpoint string, err error) string {
	if !dockerclient.IsErrConnectionFailed(err) {
		return ""
	}
	api, err := dockerutil.NewClientAPI(dockerCLI, endpoint)
	if err != nil {
		return endpoint
	}
	if endpoint == dockerCLI.CurrentContext() {
		endpoint = dockerCLI.DockerEndpoint().Host
	}
	return address(api.DaemonHost(), endpoint)
}

// open reads the builder from buildx's store.
func open(dockerCLI command.Cli, name string) (*builder.Builder, error) {
	b, err := builder.New(dockerCLI, builder.WithName(name))
	if err == nil {
		return b, nil
	}
	// buildx has no type for this error (store/storeutil.GetNodeGroup).
	if strings.HasPrefix(err.Error(), "no builder ") {
		if name == "" {
			return nil, hint.With(fmt.Errorf("docker context %q not found", dockerCLI.CurrentContext()), "docker context ls")
		}
		return nil, hint.With(fmt.Errorf("builder %q not found", name), "docker buildx ls")
	}
	return nil, fmt.Errorf("resolving builder %q: %w", name, err)
}
