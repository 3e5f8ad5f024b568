package plugin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/builders"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheclient"
	"github.com/docker-ghacache/docker-ghacache/internal/gitrepo"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/report"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/rules"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/toolchain"
	"github.com/docker-ghacache/docker-ghacache/internal/process"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
	"github.com/docker/cli/cli-plugins/metadata"
	"github.com/spf13/cobra"
)

type migrateOptions struct {
	paths   []string
	write   bool
	check   bool
	format  string
	service string
	bump    bool
	offline bool
	only    []string
	unsafe  bool
	minimum bool
	machine bool
	upgrade string
	copying bool
	copy    copyOptions
}

func newMigrateCommand(env *Env) *cobra.Command {
	var o migrateOptions
	cmd := &cobra.Command{
		Use:   "migrate-v2 [OPTIONS] [PATH...]",
		Short: "Find and fix what keeps builds on version 1 of the cache service",
		Long: `Finds programs that are too old for version 2 of the cache service, and settings
that pin version 1: on this machine (buildx, BuildKit of every builder, Compose,
Engine) and in workflows, actions, bake and compose files, scripts, Makefiles and
Dockerfiles. Prints each finding with its place and reason, and a diff for git apply
that fixes them. With --write it makes the safe edits, and changes no other byte. The
diff has exact bytes in a pipe outside of jobs; elsewhere � replaces what a terminal
or the log of a job would obey.

For a service with version 1 only (GHES, Gitea, Forgejo, act), it makes no edit that
would break it. It finds the service by the repository's host, or by --service.

With --copy, it copies caches between self-hosted services instead: from every ref
the old token can read to the ref the new token can write. It copies whole caches
and verifies each layer. The old service does not change, the new one keeps what it
has, and an interrupted copy continues when you run it again. All users of a machine
see its command lines, so give a token as a file, a variable (env:NAME) or standard
input (-).

A pin in a file or a job without a gha cache is advice: it is printed apart, and it
counts and is edited only with --unsafe. Old majors of actions count with
--bump-actions, programs of this machine with --machine. Next to a comment that
explains an old version, an edit needs --unsafe, and takes the oldest version that
works.

Exits with 0 if nothing is left to do, 1 if something is, 2 if it could not run or
if --check could not read a file, and 125 if the command line is wrong.

Rules:

` + ruleList(),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.paths = args
			return couldNotRun(cmd.Context(), env, o.run(cmd, env))
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&o.write, "write", false, "Make the edits")
	flags.BoolVar(&o.check, "check", false, "Print what was found without the diff")
	flags.StringVar(&o.format, "format", "text", `Format the output: "text", "json", "sarif" or "github" (annotations)`)
	flags.StringVar(&o.service, "service", "auto", `Cache service that the files run against: "auto", "v1" or "v2"`)
	flags.BoolVar(&o.bump, "bump-actions", false, "Also move Docker's actions to their newest major version")
	flags.BoolVar(&o.offline, "offline", false, "Do not ask GitHub which version a commit of an action is")
	flags.StringArrayVar(&o.only, "only", nil, "Only these rules, and not what is on this machine")
	flags.BoolVar(&o.unsafe, "unsafe", false, "Also make edits that need a review: those of advice, and those next to a comment that explains an old version")
	flags.BoolVar(&o.minimum, "minimum", false, "Move to the oldest versions that work, not to the newest, so that less changes")
	flags.BoolVar(&o.machine, "machine", false, "Also count programs on this machine that are too old, so that the exit code is 1")
	flags.StringVar(&o.upgrade, "upgrade-builder", "", "Only recreate this docker-container builder with a new BuildKit, keeping its options and state")
	flags.BoolVar(&o.copying, "copy", false, "Only copy BuildKit's caches from a service with version 1 to one with version 2")
	o.copy.flags(flags)
	// The flags exist, so registering cannot fail.
	_ = cmd.RegisterFlagCompletionFunc("only", func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return ruleCompletions(), cobra.ShellCompDirectiveNoFileComp
	})
	for flag, values := range map[string][]cobra.Completion{"format": migrateFormats(), "service": migrateServices()} {
		_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
	}
	return cmd
}

func migrateFormats() []string { return []string{"text", "json", "sarif", "github"} }

func migrateServices() []string { return []string{"auto", "v1", "v2"} }

// validate finds mistakes in flags. CopyFlag is one in use that only --copy knows.
func (o migrateOptions) validate(copyFlag string) error {
	apart := o.copying || o.upgrade != ""
	switch {
	case o.write && o.check:
		return errors.New("--check does not write")
	case o.copying && o.upgrade != "":
		return errors.New("--copy and --upgrade-builder are two things to do")
	case apart && (o.write || o.check || len(o.paths) > 0):
		return errors.New("--copy and --upgrade-builder take no files")
	case copyFlag != "" && !o.copying:
		return hint.With(fmt.Errorf("--%s goes with --copy", copyFlag), "--copy")
	case o.copy.fromToken == "-" && o.copy.toToken == "-":
		return errors.New("--from-token and --to-token cannot both be standard input")
	}
	return o.validateValues()
}

func (o migrateOptions) validateValues() error {
	switch {
	case !slices.Contains(migrateFormats(), o.format):
		return hint.With(fmt.Errorf("unknown format %q", o.format), "--format text, json, sarif or github")
	case o.copying && o.format != "text" && o.format != "json":
		return hint.With(fmt.Errorf("--copy has no format %q", o.format), "--format json")
	case !slices.Contains(migrateServices(), o.service):
		return hint.With(fmt.Errorf("unknown service %q", o.service), "--service auto, v1 or v2")
	}
	for _, id := range o.only {
		if !slices.ContainsFunc(rules.All(), func(r rules.Rule) bool { return r.ID == id }) {
			return hint.With(fmt.Errorf("unknown rule %q", id), nearRules(id))
		}
	}
	return nil
}

func (o migrateOptions) run(cmd *cobra.Command, env *Env) error {
	if err := o.validate(copyFlag(cmd.Flags())); err != nil {
		return hint.Usage(err, hint.Of(err))
	}
	switch {
	case o.copying:
		return runCopy(cmd.Context(), env, o)
	case o.upgrade != "":
		return runUpgradeBuilder(cmd.Context(), env, o.upgrade)
	}
	return runMigrate(cmd.Context(), env, o)
}

func runMigrate(ctx context.Context, env *Env, o migrateOptions) error {
	if len(o.paths) == 0 {
		o.paths = []string{"."}
	}
	opts := migrate.Options{
		Service: migrate.Service(o.service), Host: gitrepo.HostOf(ctx, env.Environ(), o.paths, jobHost(env)),
		BumpActions: o.bump, Unsafe: o.unsafe, Minimum: o.minimum, Only: o.only,
	}
	if !o.offline {
		opts.Resolve = gitrepo.NewActionTags(env.Environ(), func(err error) {
			env.notes().Note(ui.Info, fmt.Sprintf("versions of actions are not looked up: %v", err), "--offline")
		}).Resolve
	}
	tools := make(chan []toolchain.Tool, 1)
	go func() {
		if len(o.only) > 0 { // they are about files
			tools <- nil
			return
		}
		tools <- toolchain.Tools(ctx, env.Docker, env.Lookup, env.Environ())
	}()
	found, err := migrate.Check(ctx, o.paths, opts)
	if err != nil {
		return err
	}
	result := report.Result{Toolchain: <-tools, Report: found, Summary: found.Summary()}
	if o.write {
		result.Written, err = found.Write(ctx)
	}
	if err := errors.Join(err, result.Print(env.console(), o.printing(env))); err != nil {
		return err
	}
	switch {
	case o.check && result.Summary.Failed > 0:
		return exit(2)
	case result.Left(o.write, o.machine):
		return exit(1)
	}
	return nil
}

func (o migrateOptions) printing(env *Env) report.Options {
	terminal := env.Docker.Out().IsTerminal()
	return report.Options{
		Format: o.format, Write: o.write, Check: o.check, Machine: o.machine, Again: o.writing(),
		Colour: terminal && env.wantsColour(), Exact: !terminal && !env.job().Runner,
		Program: metadata.NamePrefix + name, Version: readBuild().Version,
	}
}

// writing is the command that writes the diff at hand.
func (o migrateOptions) writing() string {
	words := []string{"docker ghacache migrate-v2 --write"}
	for _, option := range []struct {
		name string
		on   bool
	}{{"--unsafe", o.unsafe}, {"--minimum", o.minimum}, {"--bump-actions", o.bump}, {"--offline", o.offline}, {"--service " + o.service, o.service != "auto"}} {
		if option.on {
			words = append(words, option.name)
		}
	}
	for _, rule := range o.only {
		words = append(words, "--only "+rule)
	}
	if !slices.Equal(o.paths, []string{"."}) { // the default
		for _, path := range o.paths {
			words = append(words, hint.Word(path))
		}
	}
	return strings.Join(words, " ")
}

// jobHost is the host of the job's repository, empty if nothing tells.
func jobHost(env *Env) string {
	job := env.job()
	if job.Repository == "" {
		return ""
	}
	target, err := cacheclient.Sources{Repository: job.Repository, APIURL: job.APIURL, Lookup: env.Lookup}.Target()
	if err != nil {
		return ""
	}
	return target.Host
}

func runUpgradeBuilder(ctx context.Context, env *Env, name string) error {
	buildx, err := builders.FindBuildx(env.Docker)
	if err != nil {
		return err
	}
	upgrader := builders.Upgrader{
		Docker: env.Docker,
		Run:    func(args ...string) process.Command { return buildx.Command(env.Environ(), env.Globals, args...) },
		Log:    ui.Log(env.Stderr),
	}
	upgraded, err := upgrader.Upgrade(ctx, name)
	if err == nil && !upgraded {
		env.notes().Note(ui.Info, fmt.Sprintf("builder %q runs a BuildKit that is new enough", name), "")
	}
	return err
}

func ruleList() string {
	var b strings.Builder
	for _, r := range rules.All() {
		fmt.Fprintf(&b, "    %-17s %s\n", r.ID, r.Text)
	}
	return strings.TrimRight(b.String(), "\n")
}

func ruleCompletions() (all []cobra.Completion) {
	for _, r := range rules.All() {
		all = append(all, cobra.CompletionWithDesc(r.ID, r.Text))
	}
	return all
}

// nearRules suggests the rules that share a word with id, else the list of all.
func nearRules(id string) string {
	var near []string
	for _, r := range rules.Near(id) {
		near = append(near, "--only "+r.ID)
	}
	return cmp.Or(strings.Join(near, "\n"), "docker ghacache migrate-v2 --help")
}
