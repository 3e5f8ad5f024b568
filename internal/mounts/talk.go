package mounts

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strconv"
	"sync"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/identity"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/session/sshforward"
	"github.com/moby/buildkit/solver/pb"
	"github.com/tonistiigi/fsutil"
	"google.golang.org/grpc"

	"github.com/docker-ghacache/docker-ghacache/internal/mounts/wire"
)

// talk runs the helper in a builder with mounts, and speak for each, at the same time. It returns once all have ended. The
// errors are those of speak, by mount, and that of the run.
func (n *Node) talk(ctx context.Context, mounts []Mount, speak func(ctx context.Context, i int, c *wire.Conn) error) (failed []error, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	l := &line{id: identity.NewID(), failed: make([]error, len(mounts))}
	for i := range l.failed {
		l.failed[i] = errSilent
	}
	l.speak = func(i int, c *wire.Conn) error { return speak(ctx, i, c) }
	helper, err := FindHelper(n.HelperPath, n.Platform)
	if err != nil {
		return l.failed, err
	}
	dir, remove, err := helper.directory()
	if err != nil {
		return l.failed, err
	}
	defer func() { err = errors.Join(err, remove()) }()
	files, err := fsutil.NewFS(dir)
	if err != nil {
		return l.failed, err
	}
	def, err := helper.run(l.id, mounts).Marshal(ctx, llb.Platform(n.Platform))
	if err != nil {
		return l.failed, err
	}
	_, err = n.Client.Solve(ctx, def, client.SolveOpt{
		LocalMounts: map[string]fsutil.FS{"helper": files}, Session: []session.Attachable{l}, Internal: true,
	}, nil)
	cancel()
	return l.wait(), err
}

// errSilent is of a mount for which the helper said nothing. The error of the run tells why.
var errSilent = errors.New("the helper did not start")

// Silent reports whether an error says no more than that a run failed, which has an error of its own.
func Silent(err error) bool { return errors.Is(err, errSilent) }

// run is the definition of a step that runs the helper. The ID keeps BuildKit from taking its result from the cache;
// llb.IgnoreCache would empty the mounts first.
func (h *Helper) run(id string, mounts []Mount) llb.State {
	options := []llb.RunOption{
		llb.Args(append([]string{"/" + h.name()}, h.Args...)), llb.Network(pb.NetMode_NONE),
		llb.AddSSHSocket(llb.SSHID(id), llb.SSHSocketTarget(wire.Socket)), llb.WithCustomName("docker-ghacache: cache mounts"),
	}
	for i, m := range mounts {
		options = append(options, m.option(path.Join(wire.MountsDir, strconv.Itoa(i))))
	}
	root := llb.Local("helper", llb.SharedKeyHint("docker-ghacache-"+h.name()), llb.WithCustomName("docker-ghacache: helper"))
	return root.AddEnv(wire.MountsVar, strconv.Itoa(len(mounts))).AddEnv("GHACACHE_RUN", id).Run(options...).Root()
}

// line answers for the socket of the helper. BuildKit forwards it as it forwards one of an SSH agent.
type line struct {
	sshforward.UnimplementedSSHServer
	id    string
	speak func(int, *wire.Conn) error

	mu       sync.Mutex
	speaking sync.WaitGroup
	failed   []error // by mount
}

// Register implements [session.Attachable].
func (l *line) Register(s *grpc.Server) { sshforward.RegisterSSHServer(s, l) }

// CheckAgent implements [sshforward.SSHServer].
func (l *line) CheckAgent(_ context.Context, r *sshforward.CheckAgentRequest) (*sshforward.CheckAgentResponse, error) {
	if r.ID != l.id {
		return nil, fmt.Errorf("unknown socket %q", r.ID)
	}
	return &sshforward.CheckAgentResponse{}, nil
}

// ForwardAgent implements [sshforward.SSHServer]: it is called for each connection.
func (l *line) ForwardAgent(stream sshforward.SSH_ForwardAgentServer) error {
	l.speaking.Add(1)
	defer l.speaking.Done()
	c := wire.New(&streamConn{stream: stream})
	var hello wire.Hello
	if err := c.Receive(&hello); err != nil {
		return err
	}
	if hello.Version != wire.Version || hello.Mount < 0 || hello.Mount >= len(l.failed) {
		return fmt.Errorf("the helper has version %d; this program needs %d", hello.Version, wire.Version)
	}
	err := l.speak(hello.Mount, c)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failed[hello.Mount] = err
	return nil
}

func (l *line) wait() []error {
	l.speaking.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.failed
}

// streamConn is a connection of the helper.
type streamConn struct {
	stream sshforward.SSH_ForwardAgentServer
	rest   []byte
}

func (s *streamConn) Read(p []byte) (int, error) {
	for len(s.rest) == 0 {
		m, err := s.stream.Recv()
		if err != nil {
			return 0, err
		}
		s.rest = m.GetData()
	}
	n := copy(p, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

func (s *streamConn) Write(p []byte) (int, error) {
	if err := s.stream.Send(&sshforward.BytesMessage{Data: append([]byte(nil), p...)}); err != nil {
		return 0, err
	}
	return len(p), nil
}
