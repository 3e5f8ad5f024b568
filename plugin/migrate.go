package plugin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/rules"
	"github.com/docker/cli/cli"
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
	upgrade string
	copying bool
	copy    copyOptions
}

func newMigrateCommand(env *Env) *cobra.Command {
	var o migrateOptions
	cmd := &cobra.Command{
		Use:   "migrate-v2 [OPTIONS] [PATH...]",
		Short: "Find and fix what keeps builds on version 1 of the cache service",
		Long: `Looks for what is too old for version 2 of the cache service, or pinned to version
1: on this machine (buildx, BuildKit of every builder, Compose, Engine) and in
workflows, actions, bake and compose files, scripts, Makefiles and Dockerfiles.
Prints what it is, where, why, and the diff that fixes it, which git apply takes.
With --write it makes the safe edits, and not one byte beside them changes.

Where version 1 must stay (GHES, Gitea, Forgejo, act), it changes nothing that would
break it. The service is told from the repository's host, or by --service.

With --copy it copies caches of self-hosted services instead, of the refs that the
token of the old service reads, to the ref that the token of the new one writes:
whole caches only, each layer verified. Nothing on the old service changes, what the
new one has stays, and after an interruption the next copy goes on. Tokens do not
belong on a command line, which all users of a machine see: name a file, a variable
(env:NAME) or standard input (-).

Ends with 0 when there is nothing left to do, 1 when there is, and 2 when it could
not run. What is mere advice is printed and does not count.

Rules:

` + ruleList(),
		Example: `  docker ghacache migrate-v2
  docker ghacache migrate-v2 --write
  docker ghacache migrate-v2 --check --format github
  docker ghacache migrate-v2 --copy --to-url https://cache.example/ --to-token env:NEW_TOKEN`,
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
	flags.BoolVar(&o.bump, "bump-actions", false, "Move Docker's actions to their newest major version, too")
	flags.BoolVar(&o.offline, "offline", false, "Do not ask GitHub which version a commit of an action is")
	flags.StringArrayVar(&o.only, "only", nil, "Only these rules, and not what is on this machine")
	flags.BoolVar(&o.unsafe, "unsafe", false, "Make edits that need a second look, too")
	flags.StringVar(&o.upgrade, "upgrade-builder", "", "Only recreate this docker-container builder with a new BuildKit, keeping its options and state")
	flags.BoolVar(&o.copying, "copy", false, "Only copy BuildKit's caches from a service with version 1 to one with version 2")
	o.copy.flags(flags)
	// The flags exist, so registering cannot fail.
	_ = cmd.RegisterFlagCompletionFunc("only", func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return ruleCompletions(), cobra.ShellCompDirectiveNoFileComp
	})
	for flag, values := range map[string][]cobra.Completion{"format": migrateFormats(), "service": {"auto", "v1", "v2"}} {
		_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
	}
	return cmd
}

func migrateFormats() []string { return []string{"text", "json", "sarif", "github"} }

// validate finds mistakes in the values of flags.
func (o migrateOptions) validate() error {
	apart := o.copying || o.upgrade != ""
	switch {
	case o.write && o.check:
		return errors.New("--check does not write")
	case o.copying && o.upgrade != "":
		return errors.New("--copy and --upgrade-builder are two things to do")
	case apart && (o.write || o.check || len(o.paths) > 0):
		return errors.New("--copy and --upgrade-builder have nothing to do with files")
	}
	if !slices.Contains(migrateFormats(), o.format) {
		return fmt.Errorf("unknown format %q: %s", o.format, strings.Join(migrateFormats(), ", "))
	}
	for _, id := range o.only {
		if !slices.ContainsFunc(rules.All(), func(r rules.Rule) bool { return r.ID == id }) {
			return hint.With(fmt.Errorf("unknown rule %q", id), nearRules(id))
		}
	}
	return nil
}

func (o migrateOptions) run(cmd *cobra.Command, env *Env) error {
	if err := o.validate(); err != nil {
		return err
	}
	if flag := copyFlag(cmd.Flags()); flag != "" && !o.copying {
		return hint.With(fmt.Errorf("--%s goes with --copy", flag), "--copy")
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
		Service: migrate.Service(o.service), Host: repositoryHost(ctx, env, o.paths),
		BumpActions: o.bump, Unsafe: o.unsafe, Only: o.only,
	}
	if !o.offline {
		opts.Resolve = newActionTags(env).resolve
	}
	tools := make(chan []tool, 1)
	go func() { tools <- o.toolchain(ctx, env) }()
	report, err := migrate.Check(ctx, o.paths, opts)
	if err != nil {
		return err
	}
	result := migrateResult{Toolchain: <-tools, Report: report}
	if o.write {
		result.Written, err = report.Write(ctx)
	}
	if err := errors.Join(err, result.print(env, o)); err != nil {
		return err
	}
	if result.left(o.write) {
		return exit(1)
	}
	return nil
}

// toolchain leaves the machine alone when only some rules, which are about
// files, are asked for.
func (o migrateOptions) toolchain(ctx context.Context, env *Env) []tool {
	if len(o.only) > 0 {
		return nil
	}
	return toolchain(ctx, env)
}

// couldNotRun gives errors that are none of the command line the exit code 2.
func couldNotRun(ctx context.Context, env *Env, err error) error {
	if _, ok := errors.AsType[cli.StatusError](err); ok || err == nil {
		return err
	}
	env.notes().Error(err)
	if ctx.Err() != nil {
		return exit(130)
	}
	return exit(2)
}
