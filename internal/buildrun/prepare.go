package buildrun

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
	"github.com/docker-ghacache/docker-ghacache/internal/builders"
	"github.com/docker-ghacache/docker-ghacache/internal/buildrun/relaying"
)

// createdBuilder is the name of the builder that --gha-create-builder makes.
const createdBuilder = "ghacache"

// prepare completes the entries for the job and the builder at hand, and says
// what there is to say. Where an error is among it, the invocation ends and only
// the errors are said: what a build would have done does not matter then.
func (inv *invocation) prepare(ctx context.Context, requests []cacheopts.Request) ([]cacheopts.Completed, error) {
	builder, err := inv.resolve(ctx)
	if err := cmp.Or(context.Cause(ctx), err); err != nil {
		return nil, err // an interrupted answer is none
	}
	if inv.own.scopePerPlatform {
		if requests, err = inv.scopePerPlatform(requests, builder); err != nil {
			return nil, err
		}
	}
	job := inv.env.job()
	runtime := job.CacheRuntime(inv.env.Now())
	if slices.ContainsFunc(requests, func(r cacheopts.Request) bool { return r.Side == cacheopts.To }) {
		runtime = inv.applyWritePolicy(ctx, runtime)
	}
	result := cacheopts.Complete(requests, runtime, cacheopts.Options{Strict: inv.own.strict})
	inv.vars = result.Env
	notes := inv.soften(result.Notes)
	for _, warning := range job.Warnings {
		notes = append(notes, cacheopts.Note{Level: cacheopts.LevelWarning, Text: warning})
	}
	checks := inv.checksFor(requests, result.Entries)
	checks.Job = job.Runner
	if inv.judged(builder, result.Entries) {
		found := builder.Check(checks)
		if builder.Driver == "docker" && inv.own.createBuilder && !result.Failed() && !builder.Unreachable() {
			if builder, err = inv.replaceBuilder(ctx, builder, checks.CacheURL); err != nil {
				return nil, err
			}
			found = builder.Check(checks)
		}
		notes = append(notes, found...)
	}
	inv.situation = situationOf(builder)
	if errs := onlyErrors(notes); len(errs) > 0 {
		inv.note(errs...)
		return nil, inv.refuse(errRefused)
	}
	inv.note(notes...)
	inv.exported = inv.exportsOf(requests, result.Entries)
	inv.noteTarget(requests, result.Entries)
	inv.probeListings(ctx, result.Entries)
	return result.Entries, inv.throughRelay(ctx, builder, requests, result.Entries)
}

// judged says whether the builder matters: not where no entry is left and the
// user has said what to do about a docker driver.
func (inv *invocation) judged(builder *builders.Builder, entries []cacheopts.Completed) bool {
	left := slices.ContainsFunc(entries, func(e cacheopts.Completed) bool { return !e.Dropped })
	return left || builder.Driver == "docker" && !inv.own.createBuilder && !inv.own.allowDockerDriver
}

// resolve finds buildx and the builder at the same time.
func (inv *invocation) resolve(ctx context.Context) (*builders.Builder, error) {
	defer inv.resolveEarly(ctx)()
	if _, err := inv.findBuildx(); err != nil {
		return nil, err
	}
	found := <-inv.resolved
	if found.err != nil {
		return nil, found.err
	}
	inv.builder = found.Name
	return found.Builder, nil
}

// resolved is what came of looking for the builder.
type resolved struct {
	*builders.Builder
	err error
}

// resolveEarly begins to look for the builder, until stop is called or ctx ends.
func (inv *invocation) resolveEarly(ctx context.Context) (stop func()) {
	if inv.resolved != nil {
		return func() {}
	}
	ctx, stop = context.WithCancel(ctx)
	inv.resolved = make(chan resolved, 1)
	flag, given := inv.flag("builder")
	name := builders.Chosen(inv.env.Lookup, flag, given)
	go func() {
		builder, err := builders.Resolve(ctx, inv.env.Docker, name)
		inv.resolved <- resolved{builder, err}
	}()
	return stop
}

func (inv *invocation) checksFor(requests []cacheopts.Request, entries []cacheopts.Completed) builders.Checks {
	checks := builders.Checks{AllowDocker: inv.own.allowDockerDriver, Buildx: inv.buildx.Version, Relayed: inv.own.relay == relaying.Require}
	for i, entry := range entries {
		if entry.Dropped || !entry.Entry.GHA() {
			continue
		}
		checks.V2 = checks.V2 || entry.Version == 2
		checks.Export = checks.Export || requests[i].Side == cacheopts.To && len(inv.platforms(requests[i].Where)) > 1
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
	if err := builders.Create(ctx, inv.env.Docker, inv.otherCommand, inv.env.Stderr, createdBuilder, driverOpts...); err != nil {
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

// refuse ends an invocation whose notes said why; err tells the exit code.
func (inv *invocation) refuse(err error) error {
	if inv.own.dryRun == dryRunJSON {
		if err := inv.show(); err != nil {
			return err
		}
	}
	return Said{err}
}
