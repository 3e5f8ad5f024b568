package mounts

import (
	"context"
	"fmt"
	"path"
	"strconv"
	"time"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/client/llb"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/solver/pb"
	"github.com/tonistiigi/fsutil"

	"github.com/docker-ghacache/docker-ghacache/internal/mounts/wire"
)

// standby is a builder that has the helper and starts it when it is asked to. All of it is one build of BuildKit's.
// Its containers are made with the gateway's API: in a step of a definition, the helper would start later, and
// BuildKit would keep what the step leaves as a record.
type standby struct {
	line  *line
	runs  chan run
	stop  context.CancelFunc
	ended chan struct{}
	err   error // once ended
}

// run is a container to run, and where its error goes.
type run struct {
	ctx    context.Context
	mounts []Mount
	err    chan<- error
}

// StandBy sends the helper to the builder, in the background: what needs it next begins sooner. It may be called
// again. ctx bounds how long the helper stands by; an error shows when it is needed.
func (n *Node) StandBy(ctx context.Context) {
	if n.standby != nil {
		select {
		case <-n.standby.ended:
		default:
			return
		}
	}
	ctx, stop := context.WithCancel(ctx)
	s := &standby{line: newLine(), runs: make(chan run), stop: stop, ended: make(chan struct{})}
	n.standby = s
	go func() {
		defer close(s.ended)
		s.err = s.serve(ctx, n)
	}()
}

// end ends the standby of a node.
func (n *Node) end() {
	if n.standby == nil {
		return
	}
	n.standby.stop()
	<-n.standby.ended
	n.standby = nil
}

// run runs the helper with mounts, and returns once its container has released them.
func (s *standby) run(ctx context.Context, mounts []Mount) error {
	failed := make(chan error, 1)
	select {
	case s.runs <- run{ctx, mounts, failed}:
	case <-s.ended:
		return s.err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	select {
	case err := <-failed:
		return err
	case <-s.ended:
		return s.err
	}
}

func (s *standby) serve(ctx context.Context, n *Node) error {
	helper, err := findHelper(n.helperPath, n.Platform)
	if err != nil {
		return err
	}
	options := client.SolveOpt{LocalMounts: map[string]fsutil.FS{"helper": helper}, Session: []session.Attachable{s.line}, Internal: true}
	_, err = n.Client.Build(ctx, options, "", func(ctx context.Context, c gateway.Client) (*gateway.Result, error) {
		h := &container{Client: c, helper: helper, node: n, socket: s.line.id}
		if h.root, err = h.solve(ctx, helper.source()); err != nil {
			return nil, err
		}
		for {
			select {
			case <-ctx.Done():
				return nil, context.Cause(ctx)
			case r := <-s.runs:
				r.err <- h.run(ctx, r)
			}
		}
	}, nil)
	return err
}

// container makes containers of the helper.
type container struct {
	gateway.Client
	helper *helper
	node   *Node
	socket string
	root   gateway.Reference
}

// source has a copy of what is sent. A container writes over its root: if that were what is sent, BuildKit would no longer
// take it for a source, and ask for it again in the next build.
func (h *helper) source() llb.State {
	name := llb.WithCustomName("docker-ghacache: helper")
	sent := llb.Local("helper", llb.SharedKeyHint("docker-ghacache-"+h.name()), name)
	return llb.Scratch().File(llb.Copy(sent, h.name(), h.name()), name)
}

func (c *container) solve(ctx context.Context, state llb.State) (gateway.Reference, error) {
	def, err := state.Marshal(ctx, llb.Platform(c.node.Platform))
	if err != nil {
		return nil, err
	}
	result, err := c.Solve(ctx, gateway.SolveRequest{Evaluate: true, Definition: def.ToPB()})
	if err != nil {
		return nil, err
	}
	return result.SingleRef()
}

// releaseTime bounds how long a builder is asked to end a container.
const releaseTime = 10 * time.Second

// run returns once a container has ended, or was ended because a context is done.
func (c *container) run(ctx context.Context, r run) (err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(r.ctx, func() { cancel(context.Cause(r.ctx)) })()
	request := gateway.NewContainerRequest{NetMode: pb.NetMode_NONE, Mounts: []gateway.Mount{
		{Dest: pb.RootMount, Ref: c.root, MountType: pb.MountType_BIND},
		{Dest: wire.Socket, MountType: pb.MountType_SSH, SSHOpt: &pb.SSHOpt{ID: c.socket, Mode: 0o600}},
	}}
	for i, m := range r.mounts {
		mount := gateway.Mount{
			Dest: path.Join(wire.MountsDir, strconv.Itoa(i)), MountType: pb.MountType_CACHE,
			CacheOpt: &pb.CacheOpt{ID: m.ID, Sharing: pb.CacheSharingOpt_LOCKED},
		}
		if m.Base != nil {
			if mount.Ref, err = c.solve(ctx, m.Base.state()); err != nil {
				return err
			}
			mount.Selector = baseDir
		}
		request.Mounts = append(request.Mounts, mount)
	}
	made, err := c.NewContainer(ctx, request)
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTime)
		defer cancel()
		if released := made.Release(ctx); err == nil {
			err = released
		}
	}()
	process, err := made.Start(ctx, gateway.StartRequest{
		Args: append([]string{"/" + c.helper.name()}, c.helper.args...), Cwd: "/",
		Env: []string{fmt.Sprintf("%s=%d", wire.MountsVar, len(r.mounts))},
	})
	if err != nil {
		return err
	}
	return process.Wait()
}
