package mounts

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/containerd/platforms"
	"github.com/docker/cli/cli/command"
	"github.com/moby/buildkit/client"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/docker-ghacache/docker-ghacache/internal/actions"
	"github.com/docker-ghacache/docker-ghacache/internal/builders"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/runtimeclient"
)

// Node is where mounts are: the node of a builder.
type Node struct {
	Client     *client.Client
	Platform   ocispecs.Platform // that it builds for by default
	helperPath string            // a helper to use in place of the embedded one; see findHelper

	standby *standby // nil: none
}

// Open connects to the node of a builder, which must run. A builder with several nodes is an error: buildx chooses among
// those that can build a platform.
func Open(ctx context.Context, dockerCLI command.Cli, builder, helperPath string) (*Node, error) {
	connections, err := builders.Dial(ctx, dockerCLI, builder)
	if err != nil {
		return nil, err
	}
	var failed, closed error
	for _, c := range connections {
		failed = errors.Join(failed, c.Failure())
	}
	if failed == nil && len(connections) == 1 {
		n := &Node{Client: connections[0].Client, helperPath: helperPath}
		if n.Platform, err = platformOf(ctx, n.Client); err == nil {
			return n, nil
		}
		return nil, errors.Join(err, n.Client.Close())
	}
	for _, c := range connections {
		if c.Client != nil {
			closed = errors.Join(closed, c.Client.Close())
		}
	}
	if failed != nil {
		return nil, errors.Join(failed, closed)
	}
	several := fmt.Errorf("the builder has %d nodes, each with mounts of its own, and buildx chooses among them", len(connections))
	return nil, errors.Join(hint.With(several, "--builder NAME, a builder with one node; with several platforms, a job and a builder for each"), closed)
}

func platformOf(ctx context.Context, c *client.Client) (ocispecs.Platform, error) {
	workers, err := c.ListWorkers(ctx)
	if err != nil {
		return ocispecs.Platform{}, fmt.Errorf("asking the builder for its platform: %w", err)
	}
	for _, w := range workers {
		if len(w.Platforms) > 0 {
			return platforms.Normalize(w.Platforms[0]), nil
		}
	}
	return ocispecs.Platform{}, errors.New("the builder does not tell its platform")
}

// Close ends what stands by, and closes the connection.
func (n *Node) Close() error {
	n.end()
	return n.Client.Close()
}

// NewKeeper returns a keeper with the runtime token of a job.
func NewKeeper(job actions.Job, now func() time.Time, userAgent string) (*Keeper, error) {
	if job.Token == "" || job.ServiceURL() == "" {
		return nil, lacking(job)
	}
	if !job.Service.HasV2() || job.Version == 1 {
		return nil, fmt.Errorf("%s has version 1 of the cache service: cache mounts need version 2", job.Service)
	}
	runtime, err := runtimeclient.NewReader(job.ResultsURL, 2, job.Token, userAgent)
	if err != nil {
		return nil, hint.With(err, "docker ghacache doctor")
	}
	return &Keeper{Cache: runtimeclient.NewUploader(runtime, now)}, nil
}

// lacking says that a job lacks the token or the URL of the cache, or that there is no job.
func lacking(job actions.Job) error {
	if job.Runner {
		return hint.With(errors.New("this step has no runtime token for the cache"), job.Service.Expose())
	}
	variable := "ACTIONS_RUNTIME_TOKEN"
	if job.Token != "" {
		variable = "ACTIONS_RESULTS_URL"
	}
	return hint.With(fmt.Errorf("there is no %s outside of a job of GitHub Actions", variable), "docker ghacache serve -- docker ghacache …")
}
