package buildrun

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
	"github.com/docker-ghacache/docker-ghacache/internal/buildrun/cachelists"
	"github.com/docker-ghacache/docker-ghacache/internal/buildrun/mounting"
	"github.com/docker-ghacache/docker-ghacache/internal/process"
)

// Bake runs buildx bake with these words after the verb, of which some may be this
// program's own options. It lets buildx resolve the definition (files, overrides,
// inheritance, matrix, remote definitions, stdin), then overrides the cache lists of
// every target that has a gha entry with their completed form. An error of type [Said]
// needs no more words.
func Bake(ctx context.Context, env *Env, words []string) error {
	own, args, err := takeOptions("bake", cacheopts.ScanBake(words), env.Lookup)
	inv := &invocation{env: env, verb: "bake", own: own, args: args}
	inv.note(Misspelt(env.Environ())...)
	if err != nil {
		return inv.report(err)
	}
	defer inv.endRelay() // of a build that was not run
	return inv.report(inv.bake(ctx))
}

func (inv *invocation) bake(ctx context.Context) error {
	if onlyShows(inv.args) {
		return inv.passThrough(ctx)
	}
	if err := inv.keepStdin(ctx); err != nil {
		return err
	}
	defer inv.resolveEarly(ctx)()
	targets, err := inv.resolveTargets(ctx)
	if err != nil {
		return err
	}
	inv.mountBuilds = func() []mounting.Build { return mountBuildsOf(targets) }
	inv.locals = localsOfTargets(targets)
	requests := targets.Requests(inv.own.scopePerTarget)
	if gha, err := inv.screen(requests, errRefused); err != nil {
		return err
	} else if !gha {
		return inv.passThrough(ctx)
	}
	inv.call = func(target string) string { return targets[target].Call }
	inv.platforms = func(target string) []string { return targets[target].Platforms }
	done, err := inv.complete(ctx, requests)
	if err != nil {
		return err
	}
	inv.noteLinked(targets)
	args, err := targets.Override(inv.args, done)
	switch {
	case err == nil:
		inv.args = args
	case inv.own.skip && targets.NeedToken():
		inv.vars = map[string]string{"ACTIONS_RUNTIME_TOKEN": ""}
	default:
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
	definition, err := inv.env.ReadStdin(ctx)
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

func (inv *invocation) resolveTargets(ctx context.Context) (cachelists.Targets, error) {
	buildx, err := inv.findBuildx()
	if err != nil {
		return nil, err
	}
	words := append([]string{"bake", "--print"}, cacheopts.Words(slices.DeleteFunc(slices.Clone(inv.args), prints))...)
	environ := inv.env.Environ()
	if _, set := inv.env.Lookup("GOGC"); !set { // it hardly does more than start, and a quarter of that is collecting garbage
		environ = process.Setenv(environ, "GOGC", "400")
	}
	command := buildx.Command(environ, inv.env.Globals, words...)
	command.Stdin = inv.input()
	stdout, stderr, err := process.Output(ctx, command)
	if _, ok := errors.AsType[*process.ExitError](err); ok {
		return nil, inv.refuseDefinition(string(stderr), err)
	}
	if err != nil {
		return nil, err
	}
	var printed struct {
		Target cachelists.Targets `json:"target"`
	}
	if err := json.Unmarshal(stdout, &printed); err != nil {
		return nil, fmt.Errorf("reading what buildx bake --print printed: %w", err)
	}
	return printed.Target, nil
}

// refuseDefinition ends an invocation as buildx does, which says best what is wrong with
// a definition.
func (inv *invocation) refuseDefinition(said string, err error) error {
	if inv.own.dryRun != dryRunJSON {
		if _, err := io.WriteString(inv.env.Stderr, said); err != nil {
			return err
		}
		return Said{err}
	}
	said = strings.TrimSpace(said)
	if _, after, ok := strings.Cut("\n"+said, "\nERROR: "); ok {
		said = after
	}
	inv.note(cacheopts.Note{Level: cacheopts.LevelError, Text: "buildx cannot read the bake definition: " + said})
	return inv.refuse(err)
}
