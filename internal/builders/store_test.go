//go:build unix

package builders_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/docker/buildx/store"
	"github.com/docker/buildx/store/storeutil"
	"github.com/docker/cli/cli/command"
	"github.com/docker/cli/cli/flags"
	controlapi "github.com/moby/buildkit/api/services/control"
	apitypes "github.com/moby/buildkit/api/types"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// newCLI is a docker CLI with an empty buildx store and an Engine that is not there.
func newCLI(t *testing.T) *command.DockerCli {
	t.Helper()
	t.Setenv("BUILDX_CONFIG", t.TempDir())
	t.Setenv("DOCKER_HOST", "unix://"+socketPath(t))
	cli, err := command.NewDockerCli(command.WithCombinedStreams(io.Discard))
	if err != nil {
		t.Fatal(err)
	}
	if err := cli.Initialize(flags.NewClientOptions()); err != nil {
		t.Fatal(err)
	}
	return cli
}

// save writes a builder with a node for each endpoint into buildx's store.
func save(t *testing.T, cli command.Cli, name, driver string, endpoints ...string) {
	t.Helper()
	txn, release, err := storeutil.GetStore(cli)
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	group := &store.NodeGroup{Name: name, Driver: driver}
	for i, ep := range endpoints {
		group.Nodes = append(group.Nodes, store.Node{Name: fmt.Sprintf("%s%d", name, i), Endpoint: ep})
	}
	if err := txn.Save(group); err != nil {
		t.Fatal(err)
	}
}

// socketPath is short enough for a socket, which t.TempDir is not.
func socketPath(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "sock")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return filepath.Join(dir, "s")
}

func listen(t *testing.T) (net.Listener, string) {
	t.Helper()
	path := socketPath(t)
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l, "unix://" + path
}

// buildkit answers as BuildKit's control API does: its version, and a history.
type buildkit struct {
	controlapi.UnimplementedControlServer
	version string // none: a BuildKit that knows no Info yet
	asked   func() // before it tells its version
	history map[string]*controlapi.BuildHistoryRecord
}

func (b *buildkit) Info(context.Context, *controlapi.InfoRequest) (*controlapi.InfoResponse, error) {
	if b.asked != nil {
		b.asked()
	}
	if b.version == "" {
		return nil, status.Error(codes.Unimplemented, "unknown method Info")
	}
	return &controlapi.InfoResponse{BuildkitVersion: &apitypes.BuildkitVersion{Version: b.version}}, nil
}

func (b *buildkit) ListenBuildHistory(req *controlapi.BuildHistoryRequest, events grpc.ServerStreamingServer[controlapi.BuildHistoryEvent]) error {
	r, ok := b.history[req.Ref]
	if !ok {
		return nil
	}
	kind := controlapi.BuildHistoryEventType_COMPLETE
	if r.CompletedAt == nil {
		kind = controlapi.BuildHistoryEventType_STARTED
	}
	return events.Send(&controlapi.BuildHistoryEvent{Type: kind, Record: r})
}

func (b *buildkit) serve(t *testing.T) (endpoint string) {
	t.Helper()
	l, endpoint := listen(t)
	s := grpc.NewServer()
	controlapi.RegisterControlServer(s, b)
	go s.Serve(l)
	t.Cleanup(s.Stop)
	return endpoint
}

// serveEngine is an Engine that has one container, in that state, or none. A
// request that would change something fails the test.
func serveEngine(t *testing.T, state string) (endpoint string) {
	t.Helper()
	l, endpoint := listen(t)
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch {
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			t.Errorf("the engine was told to %s %s", r.Method, r.URL)
		case strings.HasSuffix(r.URL.Path, "/_ping"):
			w.Header().Set("Api-Version", "1.50")
		case state == "":
			w.WriteHeader(http.StatusNotFound)
			io.WriteString(w, `{"message":"No such container"}`)
		default:
			fmt.Fprintf(w, `{"Id":"1","State":{"Status":%q,"Running":false}}`, state)
		}
	})}
	go s.Serve(l)
	t.Cleanup(func() { s.Close() })
	return endpoint
}
