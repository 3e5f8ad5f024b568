package plugin

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
	"github.com/spf13/cobra"
)

type buildOptions struct {
	root rootOptions
	args []string // everything after the verb
}

func newBuildCommand(env *Env, root rootOptions) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "build [OPTIONS] PATH | URL | -",
		Aliases: []string{"b"},
		Short:   "Start a build with gha caches that work",
		Long: `Takes the command line of "docker buildx build", completes every --cache-to and
--cache-from of type=gha for the cache service at hand, and runs buildx. All options
but the following are those of "docker buildx build --help".`,
		Example:            "  docker ghacache build --cache-to type=gha,mode=max,scope=app --cache-from type=gha,scope=app .",
		DisableFlagParsing: true,
		ValidArgsFunction:  completeByBuildx(env, "build"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if asksForHelp(cacheopts.ScanBuild(args)) {
				return cmd.Help()
			}
			return runBuild(cmd.Context(), env, buildOptions{root, args})
		},
	}
	describeFlags(cmd)
	return cmd
}

func runBuild(ctx context.Context, env *Env, opts buildOptions) error {
	own, args, err := takeOptions("build", cacheopts.ScanBuild(slices.Concat(opts.root.words(), opts.args)), env.Lookup)
	if err != nil {
		return err
	}
	inv := &invocation{env: env, verb: "build", own: own, args: args}
	inv.call = func(string) string { return buildCall(args) }
	inv.platforms = func(string) int { return buildPlatforms(args) }
	return inv.report(inv.build(ctx))
}

func (inv *invocation) build(ctx context.Context) error {
	requests, places, err := requestsOf(inv.args)
	if err != nil {
		return err
	}
	if gha, err := inv.screen(requests, usageError); err != nil {
		return err
	} else if !gha {
		return inv.passThrough(ctx)
	}
	done, err := inv.complete(ctx, requests)
	if err != nil {
		return err
	}
	for i, entry := range done {
		place := &inv.args[places[i]]
		if entry.Dropped {
			place.Words = nil
			continue
		}
		*place = place.WithValue(entry.Entry.Value())
	}
	return inv.run(ctx)
}

// requestsOf finds the gha entries among the arguments of build, and for each
// the argument that holds it.
func requestsOf(args []cacheopts.Arg) (requests []cacheopts.Request, places []int, err error) {
	for i, arg := range args {
		side := arg.Side()
		if side == 0 {
			continue
		}
		entries, err := cacheopts.Parse(arg.Value)
		if err != nil && regexp.MustCompile(`(?i)\bgha\b`).MatchString(arg.Value) {
			return nil, nil, usage(fmt.Errorf("%s: %w", side, err), hintOf(err))
		}
		// An entry beside others is a registry reference.
		if len(entries) == 1 && concerns(side, entries[0]) {
			requests = append(requests, cacheopts.Request{Side: side, Entry: entries[0]})
			places = append(places, i)
		}
	}
	return requests, places, nil
}

// screen reports mistakes in the entries before anything else is asked; an error among
// them ends the invocation with this exit code. It tells whether any entry is of
// type=gha, without which there is no more to do.
func (inv *invocation) screen(requests []cacheopts.Request, code int) (gha bool, err error) {
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
		return gha, inv.refuse(code)
	}
	return gha, nil
}

// concerns reports whether an entry is of type=gha, or was meant to be. Others
// are buildx's to judge.
func concerns(side cacheopts.Side, e cacheopts.Entry) bool {
	return e.GHA() || len(e.Check(side)) > 0
}

func asksForHelp(args []cacheopts.Arg) bool { return lastOn(args, "help") }

// hintOf is the fix of a cache option that cannot be read.
func hintOf(err error) string {
	problem, _ := errors.AsType[cacheopts.Problem](err)
	return problem.Hint
}
