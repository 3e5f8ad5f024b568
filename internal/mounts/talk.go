package mounts

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/moby/buildkit/identity"
	"github.com/moby/buildkit/session/sshforward"
	"google.golang.org/grpc"

	"github.com/docker-ghacache/docker-ghacache/internal/mounts/wire"
)

// talk runs the helper in a builder with mounts, and speak for each, at the same time. It returns once all have ended and
// the builder has released the mounts. The errors are those of speak, by mount, and that of the run.
func (n *Node) talk(ctx context.Context, mounts []Mount, speak func(ctx context.Context, i int, c *wire.Conn) error) (failed []error, err error) {
	n.StandBy(ctx)
	s := n.standby
	speaking, cancel := context.WithCancel(ctx)
	defer cancel()
	s.line.begin(len(mounts), func(i int, c *wire.Conn) error { return speak(speaking, i, c) })
	err = s.run(ctx, mounts)
	cancel()
	failed = s.line.wait()
	for i := range failed {
		if ctx.Err() != nil && failed[i] != nil && !Silent(failed[i]) {
			failed[i] = context.Cause(ctx) // and not what broke because of it
		}
	}
	return failed, err
}

// errSilent is of a mount for which the helper said nothing. The error of the run tells why.
var errSilent = errors.New("the helper did not start")

// Silent reports whether an error says no more than that a run failed, which has an error of its own.
func Silent(err error) bool { return errors.Is(err, errSilent) }

// line answers for the socket of the helper. BuildKit forwards it as it forwards one of an SSH agent.
type line struct {
	sshforward.UnimplementedSSHServer
	id string

	mu       sync.Mutex
	speak    func(int, *wire.Conn) error
	speaking sync.WaitGroup
	failed   []error // by mount
}

func newLine() *line { return &line{id: identity.NewID()} }

// begin says who speaks with the next helper, for so many mounts.
func (l *line) begin(mounts int, speak func(int, *wire.Conn) error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.speak, l.failed = speak, make([]error, mounts)
	for i := range l.failed {
		l.failed[i] = errSilent
	}
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
	l.mu.Lock()
	speak, mounts := l.speak, len(l.failed)
	l.mu.Unlock()
	if hello.Version != wire.Version || hello.Mount < 0 || hello.Mount >= mounts {
		return fmt.Errorf("the helper has version %d; this program needs %d", hello.Version, wire.Version)
	}
	err := speak(hello.Mount, c)
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
