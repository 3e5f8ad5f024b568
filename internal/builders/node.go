package builders

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/docker-ghacache/docker-ghacache/internal/release"
	"github.com/docker/buildx/builder"
	"github.com/docker/buildx/driver"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/util/grpcerrors"
	dockerclient "github.com/moby/moby/client"
	"google.golang.org/grpc/codes"
)

// Node is one BuildKit of a [Builder].
type Node struct {
	Name     string
	Endpoint string
	// Running says that BuildKit runs and answers, or that its container runs and
	// BuildKit answered in it before. A node that is not running and has no Err is
	// merely not booted yet.
	Running bool
	// BuildKit is the version of a running node, as it calls itself: v0.20.0,
	// v0.0.0+unknown, or empty when it does not tell.
	BuildKit string
	// DriverOpts are the --driver-opt values of the node, such as network=host.
	DriverOpts map[string]string
	// Gateways are the addresses that the networks of a node's container have on the machine
	// of its Engine. Containers on the host's network have none.
	Gateways []string
	// Engine is set for the docker driver only.
	Engine Engine
	// GHA says that BuildKit has type=gha caches; nil if it was not asked. See [Examine].
	GHA *bool
	// Err says why the node could not be asked.
	Err error
	// EngineDown is the address of the Docker Engine that the node needs and that
	// does not answer; empty where it answers, and for drivers that need none.
	EngineDown string

	identity string // as in run
}

// Engine is the Docker Engine whose built-in BuildKit is the node.
type Engine struct {
	Version string
	// ContainerdStore says that images live in containerd. Without it the docker
	// driver has no cache export (driver/docker in buildx).
	ContainerdStore bool
}

// containerdLabel is on the Engine's worker only with the containerd image store.
const containerdLabel = "org.mobyproject.buildkit.worker.snapshotter"

// question is put to a running node; nil asks nothing.
type question func(context.Context, *client.Client, *Node) error

func ask(ctx context.Context, n *builder.Node, more question) Node {
	node := Node{Name: n.Name, Endpoint: n.Endpoint, DriverOpts: n.DriverOpts, Err: n.Err}
	defer func() {
		if dockerclient.IsErrConnectionFailed(node.Err) && n.Driver != nil {
			node.EngineDown = address(n.Driver.Config().DockerAPI.DaemonHost(), n.Endpoint)
		}
	}()
	if node.Err != nil {
		return node
	}
	run, err := runOf(ctx, n.Driver)
	node.Gateways, node.identity = run.gateways, run.identity
	if err != nil || !run.running {
		node.Err = err
		return node
	}
	known := openMemory()
	version, ok := known.recall("buildkit " + run.identity)
	if ok && more == nil && !release.Before(version, release.BuildKit) { // one that would be refused is asked again
		node.BuildKit, node.Running = version, true
		return node
	}
	node.Err = describe(ctx, n.Driver, &node, more)
	node.Running = node.Err == nil
	if node.Running && run.identity != "" {
		known.learn("buildkit "+run.identity, node.BuildKit)
	}
	return node
}

// address is where an Engine is: the host that its client dials, or the endpoint
// where a connection helper, such as that for ssh, gives the client a name of its own.
func address(dialled, endpoint string) string {
	if strings.Contains(dialled, "docker.example.com") {
		return endpoint
	}
	return dialled
}

// A run of a BuildKit. Its identity ends with it, and so does its version; it is
// empty where nothing tells one run from the next.
type run struct {
	running  bool
	identity string
	gateways []string // as in Node
}

func runOf(ctx context.Context, d *driver.DriverHandle) (run, error) {
	switch d.Factory().Name() {
	case "remote", "docker":
		// Neither is ever booted, so ask them directly: the remote driver calls a
		// node inactive that it cannot reach, and keeps the reason to itself; the
		// docker driver asks the Engine's version, which is slow and asked below.
		return run{running: true}, nil
	case "docker-container":
		return containerRun(ctx, d)
	}
	info, err := d.Info(ctx)
	if err != nil {
		return run{}, err
	}
	return run{running: info.Status == driver.Running}, nil
}

// containerRun asks what the driver's Info asks, for more of the answer. To ask
// BuildKit itself takes a process in the container, ten times as long.
func containerRun(ctx context.Context, d *driver.DriverHandle) (run, error) {
	container, err := d.Config().DockerAPI.ContainerInspect(ctx, d.Config().Name, dockerclient.ContainerInspectOptions{})
	if errdefs.IsNotFound(err) {
		return run{}, nil
	}
	if err != nil {
		return run{}, err
	}
	state := container.Container.State
	found := run{running: state.Running, identity: container.Container.ID + " " + state.StartedAt}
	if settings := container.Container.NetworkSettings; settings != nil {
		for _, name := range slices.Sorted(maps.Keys(settings.Networks)) {
			if gateway := settings.Networks[name].Gateway; gateway.IsValid() {
				found.gateways = append(found.gateways, gateway.String())
			}
		}
	}
	return found, nil
}

// describe fills in what a running node tells of itself.
func describe(ctx context.Context, d *driver.DriverHandle, node *Node, more question) (err error) {
	c, err := d.Client(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	if node.BuildKit, err = version(ctx, d, c); err != nil {
		return err
	}
	if d.IsMobyDriver() {
		if node.Engine, err = engine(ctx, d, c); err != nil {
			return err
		}
	}
	if more == nil {
		return nil
	}
	return more(ctx, c, node)
}

func version(ctx context.Context, d *driver.DriverHandle, c *client.Client) (string, error) {
	info, err := c.Info(ctx)
	if err != nil && grpcerrors.Code(err) == codes.Unimplemented {
		return d.Version(ctx)
	}
	if err != nil {
		return "", err
	}
	return info.BuildkitVersion.Version, nil
}

func engine(ctx context.Context, d *driver.DriverHandle, c *client.Client) (Engine, error) {
	v, err := d.Config().DockerAPI.ServerVersion(ctx, dockerclient.ServerVersionOptions{})
	if err != nil {
		return Engine{}, fmt.Errorf("asking the engine for its version: %w", err)
	}
	workers, err := c.ListWorkers(ctx)
	if err != nil {
		return Engine{}, fmt.Errorf("listing workers: %w", err)
	}
	e := Engine{Version: v.Version}
	for _, w := range workers {
		if _, ok := w.Labels[containerdLabel]; ok {
			e.ContainerdStore = true
		}
	}
	return e, nil
}
