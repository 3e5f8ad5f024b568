package plugin

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
	"github.com/docker-ghacache/docker-ghacache/internal/builders"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
	"golang.org/x/sync/errgroup"
)

// createdBuilder is the name of the builder that --gha-create-builder makes.
const createdBuilder = "ghacache"

// prepare completes the entries for the job and the builder at hand. Notes are
// written as soon as they are known; an error among them ends the invocation.
func (inv *invocation) prepare(ctx context.Context, requests []cacheopts.Request) ([]cacheopts.Completed, error) {
	builder, err := inv.resolve(ctx)
	if err := cmp.Or(context.Cause(ctx), err); err != nil {
		return nil, err // an interrupted answer is none
	}
	runtime := inv.env.runtime()
	for _, warning := range runtime.Warnings {
		inv.note(cacheopts.Note{Level: cacheopts.LevelWarning, Text: warning})
	}
	result := cacheopts.Complete(requests, runtime.CacheRuntime(inv.env.Now()), cacheopts.Options{Strict: inv.own.strict})
	inv.vars = result.Env
	inv.note(result.Notes...)

	checks := checksFor(requests, result.Entries)
	checks.AllowDocker, checks.Buildx = inv.own.allowDockerDriver, inv.buildx.Version
	if builder.Driver == "docker" && inv.own.createBuilder && !inv.failed() {
		if builder, err = inv.replaceBuilder(ctx, builder, checks.CacheURL); err != nil {
			return nil, err
		}
	}
	inv.note(builder.Check(checks)...)
	if inv.failed() {
		return nil, inv.refuse()
	}
	inv.probeListings(ctx, result.Entries)
	return result.Entries, nil
}

// resolve finds buildx and the builder at the same time.
func (inv *invocation) resolve(ctx context.Context) (*builders.Builder, error) {
	var builder *builders.Builder
	eg, ctx := errgroup.WithContext(ctx)
	eg.Go(func() error {
		_, err := inv.findBuildx()
		return err
	})
	eg.Go(func() (err error) {
		builder, err = builders.Resolve(ctx, inv.env.Docker, inv.env.builder(inv.value("builder")))
		return err
	})
	if err := eg.Wait(); err != nil {
		return nil, err
	}
	inv.builder = builder.Name
	return builder, nil
}

func checksFor(requests []cacheopts.Request, entries []cacheopts.Completed) builders.Checks {
	var checks builders.Checks
	for i, entry := range entries {
		if entry.Dropped {
			continue
		}
		checks.V2 = checks.V2 || entry.Version == 2
		checks.Export = checks.Export || requests[i].Side == cacheopts.To
		if !builders.Loopback(checks.CacheURL) {
			checks.CacheURL = entry.URL // one that the builder cannot reach would matter
		}
	}
	return checks
}

// replaceBuilder puts a builder of the docker-container driver in the place of
// one that has no gha caches, for this command only.
func (inv *invocation) replaceBuilder(ctx context.Context, old *builders.Builder, cacheURL string) (*builders.Builder, error) {
	if inv.own.dryRun != "" {
		inv.note(cacheopts.Note{Level: cacheopts.LevelInfo, Text: fmt.Sprintf("builder %q would be created, and used in place of %q", createdBuilder, old.Name)})
		inv.useBuilder(createdBuilder)
		return &builders.Builder{Name: createdBuilder, Driver: "docker-container"}, nil
	}
	var driverOpts []string
	if builders.Loopback(cacheURL) {
		driverOpts = []string{"network=host"}
	}
	buildx := func(args ...string) builders.Command {
		return inv.buildx.Command(inv.env.Environ(), inv.env.Globals, args...)
	}
	if err := builders.Create(ctx, inv.env.Docker, buildx, inv.env.Stderr, createdBuilder, driverOpts...); err != nil {
		return nil, err
	}
	inv.useBuilder(createdBuilder)
	return builders.Resolve(ctx, inv.env.Docker, createdBuilder)
}

// useBuilder overrides --builder, wherever it was given.
func (inv *invocation) useBuilder(name string) {
	inv.builder, inv.override = name, []string{"--builder", name}
	for i, arg := range inv.args {
		if arg.Name == "builder" {
			inv.args[i].Words = nil
		}
	}
}

// note keeps notes for the dry run's output and shows them.
func (inv *invocation) note(notes ...cacheopts.Note) {
	inv.notes = append(inv.notes, notes...)
	if inv.own.dryRun == dryRunJSON {
		return
	}
	for _, n := range notes {
		inv.env.notes().Note(ui.Level(n.Level), n.Text, n.Hint)
	}
}

func (inv *invocation) failed() bool {
	return slices.ContainsFunc(inv.notes, func(n cacheopts.Note) bool { return n.Level == cacheopts.LevelError })
}

// refuse ends an invocation whose notes said why.
func (inv *invocation) refuse() error {
	if inv.own.dryRun == dryRunJSON {
		if err := inv.show(); err != nil {
			return err
		}
	}
	return exit(1)
}
