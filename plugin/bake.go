package plugin

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
	"github.com/docker-ghacache/docker-ghacache/internal/builders"
	"github.com/spf13/cobra"
)

type bakeOptions struct {
	root rootOptions
	args []string // everything after the verb
}

func newBakeCommand(env *Env, root *rootOptions) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "bake [OPTIONS] [TARGET...]",
		Aliases: []string{"f"},
		Short:   "Build from a file, each target with gha caches that work",
		Long: `Takes the command line of "docker buildx bake", completes the gha entries in the
cache-to and cache-from of every target, and runs buildx. All options but the
following are those of "docker buildx bake --help".`,
		Example:            "  docker ghacache bake --gha-scope-per-target --set '*.cache-to=type=gha,mode=max' --set '*.cache-from=type=gha'",
		DisableFlagParsing: true,
		ValidArgsFunction:  completeByBuildx(env, "bake"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if asksForHelp(cacheopts.ScanBake(args)) {
				return cmd.Help()
			}
			return runBake(cmd.Context(), env, bakeOptions{*root, args})
		},
	}
	describeFlags(cmd)
	return cmd
}

// runBake lets buildx resolve the definition (files, overrides, inheritance,
// matrix, remote definitions, stdin), then overrides the cache lists of every
// target that has a gha entry with their completed form.
func runBake(ctx context.Context, env *Env, opts bakeOptions) error {
	own, args, err := takeOptions("bake", cacheopts.ScanBake(slices.Concat(opts.root.words(), opts.args)), env.Lookup)
	if err != nil {
		return err
	}
	inv := invocation{env: env, verb: "bake", own: own, args: args}
	if onlyShows(args) {
		return inv.passThrough(ctx)
	}
	if err := inv.keepStdin(); err != nil {
		return err
	}
	targets, err := inv.resolveTargets(ctx)
	if err != nil {
		return err
	}
	requests := targets.requests(own.scopePerTarget)
	if len(requests) == 0 {
		return inv.passThrough(ctx)
	}
	done, err := inv.prepare(ctx, requests)
	if err != nil {
		return err
	}
	inv.args = targets.override(inv.args, done)
	return inv.run(ctx)
}

// onlyShows reports whether bake prints something in place of building.
func onlyShows(args []cacheopts.Arg) bool {
	return slices.ContainsFunc(args, func(a cacheopts.Arg) bool {
		return a.Name == "print" && a.Value != "false" || a.Name == "list"
	})
}

// keepStdin holds a definition that comes by standard input, which buildx is
// going to read twice.
func (inv *invocation) keepStdin() error {
	fromStdin := slices.ContainsFunc(inv.args, func(a cacheopts.Arg) bool { return a.Name == "file" && a.Value == "-" })
	if !fromStdin {
		return nil
	}
	definition, err := io.ReadAll(inv.env.Stdin)
	if err != nil {
		return fmt.Errorf("reading the bake definition from standard input: %w", err)
	}
	inv.stdin = definition
	return nil
}

// bakeTargets are the targets of one bake with their cache lists.
type bakeTargets map[string]bakeTarget

type bakeTarget struct {
	CacheTo   []cacheopts.Entry `json:"cache-to"`
	CacheFrom []cacheopts.Entry `json:"cache-from"`
}

func (t bakeTarget) list(side cacheopts.Side) []cacheopts.Entry {
	if side == cacheopts.To {
		return t.CacheTo
	}
	return t.CacheFrom
}

func (inv *invocation) resolveTargets(ctx context.Context) (bakeTargets, error) {
	buildx, err := inv.findBuildx()
	if err != nil {
		return nil, err
	}
	words := append([]string{"bake", "--print"}, cacheopts.Words(inv.args)...)
	command := buildx.Command(inv.env.Environ(), inv.env.Globals, words...)
	command.Stdin = inv.input()
	stdout, stderr, err := builders.Output(ctx, command)
	if err != nil {
		// The definition is at fault, and buildx says best what is wrong with it.
		if _, werr := inv.env.Stderr.Write(stderr); werr != nil {
			return nil, werr
		}
		return nil, exitOf(err)
	}
	var printed struct {
		Target bakeTargets `json:"target"`
	}
	if err := json.Unmarshal(stdout, &printed); err != nil {
		return nil, fmt.Errorf("reading the output of buildx bake --print: %w", err)
	}
	return printed.Target, nil
}

// requests lists the gha entries, and override takes their completed form, in
// the order of the targets' names, what is written before what is read.
func (ts bakeTargets) requests(scopePerTarget bool) []cacheopts.Request {
	var requests []cacheopts.Request
	for name, side := range ts.lists() {
		for _, e := range ts[name].list(side) {
			if !concerns(side, e) {
				continue
			}
			if scopePerTarget {
				e = cacheopts.ScopePerTarget(e, name)
			}
			requests = append(requests, cacheopts.Request{Side: side, Entry: e, Where: name})
		}
	}
	return requests
}

func (ts bakeTargets) lists() iter.Seq2[string, cacheopts.Side] {
	return func(yield func(string, cacheopts.Side) bool) {
		for _, name := range slices.Sorted(maps.Keys(ts)) {
			if !yield(name, cacheopts.To) || !yield(name, cacheopts.From) {
				return
			}
		}
	}
}

// override replaces the cache lists by --set: of every target with a gha entry
// and, because the user's own overrides of cache lists have to go, of every
// target where there are such.
func (ts bakeTargets) override(args []cacheopts.Arg, done []cacheopts.Completed) []cacheopts.Arg {
	kept := slices.DeleteFunc(slices.Clone(args), setsCache)
	all := len(kept) < len(args)
	var sets []cacheopts.Arg
	for name, side := range ts.lists() {
		list := ts[name].list(side)
		if !all && !slices.ContainsFunc(list, cacheopts.Entry.GHA) {
			continue
		}
		var values []string
		for _, e := range list {
			if e.GHA() {
				completed := done[0]
				done = done[1:]
				if completed.Dropped {
					continue
				}
				e = completed.Entry
			}
			values = append(values, e.String())
		}
		sets = append(sets, setArgs(name, side, values)...)
	}
	return append(sets, kept...)
}

// setArgs overrides a cache list; an empty value makes it empty.
func setArgs(target string, side cacheopts.Side, values []string) []cacheopts.Arg {
	if len(values) == 0 {
		values = []string{""}
	}
	var args []cacheopts.Arg
	for _, value := range values {
		value = fmt.Sprintf("%s.%s=%s", target, side.Name(), value)
		args = append(args, cacheopts.Arg{Name: "set", Value: value, HasValue: true, Words: []string{"--set", value}})
	}
	return args
}

// setsCache tells a --set of a cache list from others.
func setsCache(a cacheopts.Arg) bool {
	key, _, _ := strings.Cut(a.Value, "=")
	_, key, _ = strings.Cut(strings.TrimSuffix(key, "+"), ".")
	return a.Name == "set" && (key == cacheopts.To.Name() || key == cacheopts.From.Name())
}
