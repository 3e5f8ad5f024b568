package plugin

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
	"github.com/docker-ghacache/docker-ghacache/internal/process"
	"github.com/spf13/cobra"
)

type bakeOptions struct {
	root rootOptions
	args []string // everything after the verb
}

func newBakeCommand(env *Env, root rootOptions) *cobra.Command {
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
			return runBake(cmd.Context(), env, bakeOptions{root, args})
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
	inv := &invocation{env: env, verb: "bake", own: own, args: args}
	return inv.report(inv.bake(ctx))
}

func (inv *invocation) bake(ctx context.Context) error {
	if onlyShows(inv.args) {
		return inv.passThrough(ctx)
	}
	if err := inv.keepStdin(ctx); err != nil {
		return err
	}
	targets, err := inv.resolveTargets(ctx)
	if err != nil {
		return err
	}
	requests := targets.requests(inv.own.scopePerTarget)
	if gha, err := inv.screen(requests, 1); err != nil {
		return err
	} else if !gha {
		return inv.passThrough(ctx)
	}
	inv.call = func(target string) string { return targets[target].Call }
	inv.platforms = func(target string) int { return len(targets[target].Platforms) }
	done, err := inv.complete(ctx, requests)
	if err != nil {
		return err
	}
	if inv.args, err = targets.override(inv.args, done); err != nil {
		return err
	}
	return inv.run(ctx)
}

// onlyShows reports whether bake prints something in place of building. Two of
// buildx's flags are short for a value of a third, and the last one counts.
func onlyShows(args []cacheopts.Arg) bool {
	list := ""
	for _, arg := range args {
		switch {
		case arg.Name == "list":
			list = arg.Value
		case arg.Name == "list-targets" && on(arg), arg.Name == "list-variables" && on(arg):
			list = arg.Name
		}
	}
	return list != "" || lastOn(args, "print")
}

func prints(a cacheopts.Arg) bool { return a.Name == "print" }

// keepStdin holds a definition that comes by standard input, which buildx is
// going to read twice.
func (inv *invocation) keepStdin(ctx context.Context) error {
	if !slices.Contains(inv.bakeFiles(), "-") {
		return nil
	}
	definition, err := inv.env.readStdin(ctx)
	if err != nil {
		return fmt.Errorf("reading the bake definition from standard input: %w", err)
	}
	inv.stdin = definition
	return nil
}

// bakeFiles are those of --file, else those of $BUILDX_BAKE_FILE.
func (inv *invocation) bakeFiles() []string {
	var files []string
	for _, a := range inv.args {
		if a.Name == "file" {
			files = append(files, a.Value)
		}
	}
	if listed, _ := inv.env.Lookup("BUILDX_BAKE_FILE"); len(files) == 0 && listed != "" {
		separator, _ := inv.env.Lookup("BUILDX_BAKE_PATH_SEPARATOR")
		for file := range strings.SplitSeq(listed, cmp.Or(separator, string(os.PathListSeparator))) {
			files = append(files, strings.TrimSpace(file))
		}
	}
	return files
}

// bakeTargets are the targets of one bake with their cache lists.
type bakeTargets map[string]bakeTarget

type bakeTarget struct {
	CacheTo   []cacheopts.Entry `json:"cache-to"`
	CacheFrom []cacheopts.Entry `json:"cache-from"`
	Platforms []string          `json:"platforms"`
	Call      string            `json:"call"` // what to do in place of building, or "build"
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
	words := append([]string{"bake", "--print"}, cacheopts.Words(slices.DeleteFunc(slices.Clone(inv.args), prints))...)
	command := buildx.Command(inv.env.Environ(), inv.env.Globals, words...)
	command.Stdin = inv.input()
	stdout, stderr, err := process.Output(ctx, command)
	if err != nil {
		if inv.own.dryRun == dryRunJSON {
			said := strings.TrimSpace(string(stderr))
			if _, after, ok := strings.Cut("\n"+said, "\nERROR: "); ok {
				said = after
			}
			return nil, fmt.Errorf("buildx cannot read the bake definition: %s", said)
		}
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
		return nil, fmt.Errorf("reading what buildx bake --print printed: %w", err)
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
