package builders

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/docker/buildx/store"
	"github.com/docker/buildx/store/storeutil"
	"github.com/docker/cli/cli/command"

	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/process"
	"github.com/docker-ghacache/docker-ghacache/internal/release"
)

// Upgrader recreates docker-container builders.
type Upgrader struct {
	Docker command.Cli
	// Run gives buildx commands: [Buildx.Command], bound to an environment and
	// global flags.
	Run func(args ...string) process.Command
	// Log is told each step, and gets buildx's progress.
	Log io.Writer
}

// Upgrade recreates the containers of a builder from an image of BuildKit that
// is new enough to serve long builds on version 2 (v0.23.2), without the pinned
// tag of the old one. All else stays: the builder's options, whether it is
// current, and the volumes with its cache. If the new ones do not boot, the old
// ones are put back.
//
// It does nothing to a builder that is new enough already, and returns false.
func (u Upgrader) Upgrade(ctx context.Context, name string) (bool, error) {
	old, err := Resolve(ctx, u.Docker, name)
	if err != nil {
		return false, err
	}
	if !old.outdated() {
		return false, nil
	}
	was, err := u.group(name)
	if err != nil {
		return false, err
	}
	now, err := renewed(was)
	if err != nil {
		return false, err
	}
	err = u.recreate(ctx, now)
	if err == nil {
		err = u.verify(ctx, name)
	}
	if err == nil {
		return true, nil
	}
	err = fmt.Errorf("upgrading builder %q: %w", name, err)
	fmt.Fprintln(u.Log, "putting back what was there")
	if back := u.recreate(context.WithoutCancel(ctx), was); back != nil {
		err = errors.Join(err, fmt.Errorf("putting back builder %q: %w", name, back))
	}
	return false, err
}

// outdated says that a node is known to be too old, or not known.
func (b *Builder) outdated() bool {
	return slices.ContainsFunc(b.Nodes, func(n Node) bool {
		return !n.Running || release.Before(n.BuildKit, release.Renewal)
	})
}

// group reads a builder that can be upgraded from buildx's store.
func (u Upgrader) group(name string) (*store.NodeGroup, error) {
	txn, unlock, err := storeutil.GetStore(u.Docker)
	if err != nil {
		return nil, fmt.Errorf("reading buildx's builders: %w", err)
	}
	defer unlock()
	group, err := storeutil.GetNodeGroup(txn, u.Docker, name)
	if err != nil {
		return nil, fmt.Errorf("reading builder %q: %w", name, err)
	}
	var reason, fix string
	switch {
	case group.DockerContext || group.Driver == "docker":
		reason, fix = "its BuildKit is that of the Docker Engine", "https://docs.docker.com/engine/install/"
	case group.Driver == "remote":
		reason, fix = "somebody else runs its BuildKit", ""
	case group.Driver != "docker-container":
		reason, fix = "its "+group.Driver+" driver keeps no state", "docker buildx rm "+name+"\ndocker buildx create --name "+name+" --driver "+group.Driver
	default:
		return group, nil
	}
	return nil, hint.With(fmt.Errorf("builder %q cannot be upgraded from here: %s", name, reason), fix)
}

// recreate stores a group, and has its containers made anew. Volumes stay, like
// with buildx rm --keep-state.
func (u Upgrader) recreate(ctx context.Context, group *store.NodeGroup) error {
	if err := u.save(group); err != nil {
		return err
	}
	loaded, err := open(u.Docker, group.Name)
	if err != nil {
		return err
	}
	nodes, err := loaded.LoadNodes(ctx)
	if err != nil {
		return err
	}
	for _, n := range nodes {
		if n.Err != nil {
			return n.Err
		}
		fmt.Fprintf(u.Log, "replacing the container of node %s by one from %s\n", n.Name, cmp.Or(n.DriverOpts["image"], defaultImage))
		if err := n.Driver.Rm(ctx, true, false, true); err != nil {
			return fmt.Errorf("removing the container of node %q: %w", n.Name, err)
		}
	}
	fmt.Fprintf(u.Log, "docker buildx inspect --bootstrap %s\n", group.Name)
	return runBuildx(ctx, u.Run("inspect", "--bootstrap", group.Name), u.Log)
}

func (u Upgrader) save(group *store.NodeGroup) error {
	txn, unlock, err := storeutil.GetStore(u.Docker)
	if err != nil {
		return fmt.Errorf("opening buildx's builders: %w", err)
	}
	defer unlock()
	if err := txn.Save(group); err != nil {
		return fmt.Errorf("storing builder %q: %w", group.Name, err)
	}
	return nil
}

// verify holds what came up against what was wanted: buildx uses an old local
// image where it cannot pull.
func (u Upgrader) verify(ctx context.Context, name string) error {
	b, err := Resolve(ctx, u.Docker, name)
	if err != nil {
		return err
	}
	for _, n := range b.Nodes {
		switch {
		case n.Err != nil:
			return n.Err
		case release.Before(n.BuildKit, release.BuildKit):
			return fmt.Errorf("node %q runs BuildKit %s after all: its image is an old copy", n.Name, n.BuildKit)
		}
	}
	return nil
}
