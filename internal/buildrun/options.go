package buildrun

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
	"github.com/docker-ghacache/docker-ghacache/internal/actions"
	"github.com/docker-ghacache/docker-ghacache/internal/buildrun/mounting"
	"github.com/docker-ghacache/docker-ghacache/internal/buildrun/relaying"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/spf13/pflag"
)

// ghaOptions are build's and bake's own options. They begin with --gha- so
// that buildx can never mean them, and each has a GHACACHE_ variable.
type ghaOptions struct {
	dryRun            dryRunFormat
	strict            bool
	skip              bool
	createBuilder     bool
	allowDockerDriver bool
	scopePerTarget    bool
	scopePerPlatform  bool
	write             writePolicy
	clean             bool
	localClean        bool
	summary           summaryMode
	relay             relaying.Mode
	relayAddress      relaying.Address
	mounts            mounting.Options
}

// Flags are the own options of build or bake, to be described: [Build] and [Bake] read
// them from the words that they get.
func Flags(verb string) *pflag.FlagSet { return ghaFlags(verb, &ghaOptions{}) }

// ghaFlags binds the own options of build or bake.
func ghaFlags(verb string, o *ghaOptions) *pflag.FlagSet {
	flags := pflag.NewFlagSet(verb, pflag.ContinueOnError)
	flags.Var(&o.dryRun, "gha-dry-run", "Print the command that would run, without secrets, and the notes; build nothing")
	flags.Lookup("gha-dry-run").NoOptDefVal = string(dryRunText)
	flags.BoolVar(&o.strict, "gha-strict", false, "Fail instead of building without the cache outside of a job, and on attributes that BuildKit ignores")
	flags.BoolVar(&o.skip, "gha-skip", false, "Build without the gha caches, on any builder")
	flags.BoolVar(&o.createBuilder, "gha-create-builder", false, `If the builder has the docker driver, create a builder named "ghacache" and use it`)
	flags.BoolVar(&o.allowDockerDriver, "gha-allow-docker-driver", false, "Build on the docker driver if its Engine can export gha caches")
	if verb == "bake" {
		flags.BoolVar(&o.scopePerTarget, "gha-scope-per-target", false, "Append the name of the target to every scope, so that targets do not replace each other's cache")
	}
	flags.BoolVar(&o.scopePerPlatform, "gha-scope-per-platform", false, "Append the platform to every scope of a build for a single platform, so that jobs for different platforms do not replace each other's cache")
	flags.BoolVar(&o.clean, "gha-clean", false, "After the build, delete what its export replaced in its own scope and ref and no build needs. Takes at most 30 seconds, never fails the build, and needs GITHUB_TOKEN with actions: write")
	flags.BoolVar(&o.localClean, "gha-local-clean", false, "After a successful build, delete from the folder of --cache-to type=local what its export replaced. Takes at most 30 seconds, and never fails the build")
	flags.Var(&o.summary, "gha-summary", "After the build, print what it wrote and reused and how full the cache is, and add it to the summary of the job. auto: on a terminal and in a job, if GITHUB_TOKEN is set")
	flags.Lookup("gha-summary").NoOptDefVal = string(summaryOn)
	flags.Var(&o.write, "gha-write", "Which refs may write to the cache. auto: all, until the repository's caches take 80% of their limit; then only the default branch")
	flags.Var(&o.relay, "gha-relay", "Have a relay on this machine send the cache to the service, many layers at a time. auto: if the build exports to a service elsewhere and the builder reaches this machine. require: fail without it")
	flags.Var(&o.relayAddress, "gha-relay-address", "The address of this machine at which the builder reaches the relay, if that is not found by itself")
	o.mounts.AddTo(flags)
	flags.VisitAll(func(f *pflag.Flag) { f.Usage += " [$" + variable(f) + "]" })
	return flags
}

// takeOptions reads the own options from the environment and then from args,
// and returns the arguments that are left for buildx.
func takeOptions(verb string, args []cacheopts.Arg, lookup actions.Lookup) (opts ghaOptions, rest []cacheopts.Arg, err error) {
	flags := ghaFlags(verb, &opts)
	flags.VisitAll(func(f *pflag.Flag) {
		if value, _ := lookup(variable(f)); value != "" && f.Value.Set(value) != nil {
			err = cmp.Or(err, hint.Usage(fmt.Errorf("reading %s: %q is not a value of --%s", variable(f), value, f.Name), variable(f)+"="+example(f)))
		}
	})
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		if !strings.HasPrefix(arg.Name, "gha-") {
			rest = append(rest, arg)
			continue
		}
		if f := flags.Lookup(arg.Name); f != nil && f.NoOptDefVal == "" && !arg.HasValue && len(args) > 0 && args[0].Operand() {
			arg.Value, arg.HasValue, args = args[0].Value, true, args[1:]
		}
		err = cmp.Or(err, takeOption(verb, flags, arg)) // go on: a --gha-dry-run=json tells how to say it
	}
	return opts, rest, err
}

func takeOption(verb string, flags *pflag.FlagSet, arg cacheopts.Arg) error {
	f := flags.Lookup(arg.Name)
	if f == nil && ghaFlags("bake", &ghaOptions{}).Lookup(arg.Name) != nil {
		return hint.Usage(fmt.Errorf("--%s is an option of bake", arg.Name), verbHelp("bake"))
	}
	if f == nil {
		return hint.Usage(fmt.Errorf("unknown flag --%s", arg.Name), cmp.Or(hint.Flag(flags, arg.Name), verbHelp(verb)))
	}
	value := f.NoOptDefVal
	if arg.HasValue {
		value = arg.Value
	}
	fix := "--" + f.Name + "=" + example(f)
	if value == "" {
		return hint.Usage(fmt.Errorf("--%s needs a value", f.Name), fix)
	}
	if f.Value.Set(value) != nil {
		return hint.Usage(fmt.Errorf("%q is not a value of --%s", value, f.Name), fix)
	}
	return nil
}

// example is a value of an option, or all that it can have.
func example(f *pflag.Flag) string {
	switch kind := f.Value.Type(); {
	case kind == "bool":
		return "true"
	case strings.Contains(kind, "|"):
		return kind
	default:
		return cmp.Or(f.DefValue, kind)
	}
}

func verbHelp(verb string) string { return fmt.Sprintf("docker ghacache %s --help", verb) }

// dryRunFormat is the value of --gha-dry-run; empty is no dry run.
type dryRunFormat string

const (
	dryRunText dryRunFormat = "text"
	dryRunJSON dryRunFormat = "json"
)

// Set implements [pflag.Value]. It also takes what a variable may say.
func (d *dryRunFormat) Set(value string) error {
	switch format := dryRunFormat(value); format {
	case dryRunText, dryRunJSON:
		*d = format
		return nil
	}
	on, err := strconv.ParseBool(value)
	if err != nil {
		return err
	}
	*d = ""
	if on {
		*d = dryRunText
	}
	return nil
}

// String implements [pflag.Value].
func (d *dryRunFormat) String() string { return string(*d) }

// Type implements [pflag.Value].
func (d *dryRunFormat) Type() string { return "text|json" }
