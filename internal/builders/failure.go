package builders

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/docker/buildx/builder"
	"github.com/docker/buildx/localstate"
	"github.com/docker/buildx/util/confutil"
	"github.com/docker/cli/cli/command"
	controlapi "github.com/moby/buildkit/api/services/control"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// recall bounds how long the history of a builder may be asked.
const recall = 3 * time.Second

// Failure returns the error of the build or bake that buildx ran on this
// machine since start, from BuildKit's history: the first to fail, for a bake.
// It is empty when there is none, when several commands failed since start and
// it could be either's, or when nothing answers within three seconds.
//
// It reads what buildx's history commands read, without their booting the
// builder: buildx notes the ref of each build it starts on this machine.
func Failure(ctx context.Context, dockerCLI command.Cli, builderName string, start time.Time) string {
	return first(failedSince(ctx, dockerCLI, builderName, start))
}

// LastFailure returns the error of the build on a builder that failed
// within the last seconds before now, for a caller that is told of a failed
// command and of nothing else. It is empty when there is none, and where nothing
// answers within three seconds.
func LastFailure(ctx context.Context, dockerCLI command.Cli, builderName string, now time.Time) string {
	const longestBuild, fresh = 12 * time.Hour, 5 * time.Second
	var last failure
	for _, f := range failedSince(ctx, dockerCLI, builderName, now.Add(-longestBuild)) {
		if f.ended.After(last.ended) {
			last = f
		}
	}
	if now.Sub(last.ended) > fresh {
		return ""
	}
	return last.message
}

// failedSince returns the failed builds of a builder that began since start.
func failedSince(ctx context.Context, dockerCLI command.Cli, builderName string, start time.Time) (failed []failure) {
	ctx, cancel := context.WithTimeout(ctx, recall)
	defer cancel()
	loaded, err := open(dockerCLI, builderName)
	if err != nil {
		return nil
	}
	nodes, err := loaded.LoadNodes(ctx)
	if err != nil {
		return nil
	}
	config := confutil.NewConfig(dockerCLI)
	state, err := localstate.New(config)
	if err != nil {
		return nil
	}
	for _, n := range nodes {
		refs := refsSince(config.Dir(), n, start)
		failed = append(failed, failures(ctx, n, refs, state)...)
	}
	return failed
}

// failure is a failed build of a command, which is one build or one bake.
type failure struct {
	command string
	ended   time.Time
	message string
}

func first(failed []failure) string {
	var earliest failure
	for _, f := range failed {
		if f.command != failed[0].command {
			return ""
		}
		if earliest.message == "" || f.ended.Before(earliest.ended) {
			earliest = f
		}
	}
	return earliest.message
}

// refsSince lists the builds of a node that buildx started, by buildx's layout
// of its store (localstate).
func refsSince(config string, n builder.Node, start time.Time) (refs []string) {
	files, err := os.ReadDir(filepath.Join(config, "refs", n.Builder, n.Name))
	if err != nil {
		return nil
	}
	for _, f := range files {
		if info, err := f.Info(); err == nil && !info.ModTime().Before(start) {
			refs = append(refs, f.Name())
		}
	}
	return refs
}

func failures(ctx context.Context, n builder.Node, refs []string, state *localstate.LocalState) (failed []failure) {
	if len(refs) == 0 || n.Driver == nil {
		return nil
	}
	c, err := n.Driver.Client(ctx)
	if err != nil {
		return nil
	}
	defer func() { _ = c.Close() }()
	for _, ref := range refs {
		r, err := record(ctx, c.ControlClient(), ref)
		if err != nil || r.GetError() == nil || status.FromProto(r.GetError()).Code() == codes.Canceled {
			continue
		}
		f := failure{command: ref, ended: r.GetCompletedAt().AsTime(), message: r.GetError().GetMessage()}
		if st, err := state.ReadRef(n.Builder, n.Name, ref); err == nil && st.GroupRef != "" {
			f.command = st.GroupRef
		}
		failed = append(failed, f)
	}
	return failed
}

func record(ctx context.Context, c controlapi.ControlClient, ref string) (*controlapi.BuildHistoryRecord, error) {
	events, err := c.ListenBuildHistory(ctx, &controlapi.BuildHistoryRequest{Ref: ref, EarlyExit: true})
	if err != nil {
		return nil, err
	}
	for {
		event, err := events.Recv()
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		if event.GetType() == controlapi.BuildHistoryEventType_COMPLETE {
			return event.GetRecord(), nil
		}
	}
}
