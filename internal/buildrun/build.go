package buildrun

import (
	"context"
	"slices"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
	"github.com/docker-ghacache/docker-ghacache/internal/buildrun/cachelists"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
)

// Build runs buildx build with these words after the verb, of which some may be this
// program's own options. An error of type [Said] needs no more words.
func Build(ctx context.Context, env *Env, words []string) error {
	own, args, err := takeOptions("build", cacheopts.ScanBuild(words), env.Lookup)
	inv := &invocation{env: env, verb: "build", own: own, args: args}
	inv.note(Misspelt(env.Environ())...)
	if err != nil {
		return inv.report(err)
	}
	inv.call = func(string) string { return buildCall(args) }
	if builds(buildCall(args)) {
		inv.locals = localsOf(args)
	}
	inv.platforms = func(string) []string { return buildPlatforms(args, env.Lookup) }
	defer inv.endRelay() // of a build that was not run
	inv.mountBuilds = inv.mountBuildOf
	return inv.report(inv.build(ctx))
}

func (inv *invocation) build(ctx context.Context) error {
	requests, places, err := cachelists.OfBuild(inv.args)
	if err != nil {
		return err
	}
	if gha, err := inv.screen(requests, hint.Usage(errRefused, "")); err != nil {
		return err
	} else if !gha {
		return inv.passThrough(ctx)
	}
	done, err := inv.complete(ctx, requests)
	if err != nil {
		return err
	}
	cachelists.Replace(inv.args, places, done)
	return inv.run(ctx)
}

// screen reports mistakes in the entries before anything else is asked; an error among
// them ends the invocation with the one given. It tells whether any entry is of
// type=gha, without which there is no more to do.
func (inv *invocation) screen(requests []cacheopts.Request, refusal error) (gha bool, err error) {
	if inv.own.skip {
		return len(requests) > 0, nil
	}
	found := cacheopts.Check(requests, cacheopts.Options{Strict: inv.own.strict})
	mistaken := slices.ContainsFunc(found, func(n cacheopts.Note) bool { return n.Level == cacheopts.LevelError })
	gha = slices.ContainsFunc(requests, func(r cacheopts.Request) bool { return r.Entry.GHA() })
	if mistaken || !gha {
		inv.note(found...)
	}
	if mistaken {
		return gha, inv.refuse(refusal)
	}
	return gha, nil
}

// AsksForHelp reports whether --help is among the arguments.
func AsksForHelp(args []cacheopts.Arg) bool { return lastOn(args, "help") }
