package buildrun

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/builders"
	"github.com/docker-ghacache/docker-ghacache/internal/buildrun/cachelists"
	"github.com/docker-ghacache/docker-ghacache/internal/buildrun/mounting"
	"github.com/docker-ghacache/docker-ghacache/internal/process"
)

// runWithMounts runs buildx between restoring the cache mounts of a build and saving them, if --gha-mounts asks for it.
func (inv *invocation) runWithMounts(ctx context.Context, command process.Command) (int, error) {
	build := func() (int, error) { return process.Run(ctx, command) }
	if !inv.own.mounts.Asked() || inv.mountBuilds == nil {
		return build()
	}
	wanted := inv.mountBuilds()
	if len(wanted) == 0 {
		return build()
	}
	flag, given := inv.flag("builder")
	run := mounting.Run{
		Options: inv.own.mounts, Builds: wanted, Builder: builders.Chosen(inv.env.Lookup, flag, given),
		Job: inv.env.job(), ReadOnly: inv.mountsReadOnly,
		Docker: inv.env.Docker, Buildx: inv.otherCommand, Now: inv.env.Now, UserAgent: inv.env.UserAgent, Say: inv.say,
	}
	return run.Around(ctx, build)
}

// mountsReadOnly says why this build does not save mounts; empty if it does.
func (inv *invocation) mountsReadOnly(ctx context.Context) string {
	job := inv.env.job()
	grant := inv.applyWritePolicy(ctx, job.CacheRuntime(inv.env.Now())).Inspect(job.Token)
	if grant.Problem != "" {
		return grant.Problem
	}
	return grant.ReadOnly
}

// mountBuildOf is what the command line of build says.
func (inv *invocation) mountBuildOf() []mounting.Build {
	if !builds(inv.call("")) {
		return nil
	}
	b := mounting.Build{Args: map[string]string{}, Platforms: inv.platforms("")}
	b.File, _ = inv.flag("file")
	b.Target, _ = inv.flag("target")
	for _, arg := range inv.args {
		if arg.Operand() {
			b.Context = arg.Value
		}
		if arg.Name != "build-arg" {
			continue
		}
		name, value, ok := strings.Cut(arg.Value, "=")
		if !ok {
			if value, ok = inv.env.Lookup(name); !ok {
				continue
			}
		}
		b.Args[name] = value
	}
	return []mounting.Build{b}
}

// mountBuildsOf are those of the targets that are built.
func mountBuildsOf(ts cachelists.Targets) []mounting.Build {
	var all []mounting.Build
	for name := range ts {
		t := ts[name]
		if !builds(t.Call) {
			continue
		}
		b := mounting.Build{Context: t.Context, Inline: t.Inline, Target: t.Target, Args: t.Args, Platforms: t.Platforms}
		if t.Dockerfile != "" {
			b.File = t.Dockerfile
			if !filepath.IsAbs(b.File) {
				b.File = filepath.Join(b.Context, b.File) // unlike with build
			}
		}
		all = append(all, b)
	}
	return all
}
