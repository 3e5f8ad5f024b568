package plugin

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
	"github.com/docker-ghacache/docker-ghacache/internal/actions"
	"github.com/spf13/cobra"
)

// ghaOptions are build's and bake's own options. They begin with --gha- so
// that buildx can never mean them, and each has a GHACACHE_ variable.
type ghaOptions struct {
	dryRun            string // "", "text" or "json"
	strict            bool
	createBuilder     bool
	allowDockerDriver bool
	scopePerTarget    bool
}

// ghaFlag is one of the own options: how help shows it and what it sets.
type ghaFlag struct {
	name, usage string
	set         func(*ghaOptions, string) error
}

func (f ghaFlag) variable() string {
	return "GHACACHE_" + strings.ToUpper(strings.ReplaceAll(strings.TrimPrefix(f.name, "gha-"), "-", "_"))
}

// flagsOf are the own options of build or bake.
func flagsOf(verb string) []ghaFlag {
	flags := []ghaFlag{
		{name: "gha-dry-run", usage: `Print the command that would run and the notes ("text" or "json")`, set: setDryRun},
		{name: "gha-strict", usage: "Fail where a cache would be left out with a warning", set: boolOption(func(o *ghaOptions) *bool { return &o.strict })},
		{name: "gha-create-builder", usage: `In place of a builder with the docker driver, create and use one named "ghacache"`, set: boolOption(func(o *ghaOptions) *bool { return &o.createBuilder })},
		{name: "gha-allow-docker-driver", usage: "Build on the docker driver where its Engine can use gha caches", set: boolOption(func(o *ghaOptions) *bool { return &o.allowDockerDriver })},
	}
	if verb != "bake" {
		return flags
	}
	return append(flags,
		ghaFlag{name: "gha-scope-per-target", usage: "Append the target's name to every scope", set: boolOption(func(o *ghaOptions) *bool { return &o.scopePerTarget })},
	)
}

func setDryRun(o *ghaOptions, value string) error {
	if value == "json" || value == "text" {
		o.dryRun = value
		return nil
	}
	on, err := strconv.ParseBool(value)
	if err != nil {
		return fmt.Errorf("%q is none of text, json, true, false", value)
	}
	o.dryRun = ""
	if on {
		o.dryRun = "text"
	}
	return nil
}

func boolOption(field func(*ghaOptions) *bool) func(*ghaOptions, string) error {
	return func(o *ghaOptions, value string) error {
		on, err := strconv.ParseBool(value)
		if err != nil {
			return fmt.Errorf("%q is neither true nor false", value)
		}
		*field(o) = on
		return nil
	}
}

// takeOptions reads the own options from the environment and then from args,
// and returns the arguments that are left for buildx.
func takeOptions(verb string, args []cacheopts.Arg, lookup actions.Lookup) (ghaOptions, []cacheopts.Arg, error) {
	var opts ghaOptions
	flags := map[string]ghaFlag{}
	for _, f := range flagsOf(verb) {
		flags[f.name] = f
		value, ok := lookup(f.variable())
		if !ok || value == "" {
			continue
		}
		if err := f.set(&opts, value); err != nil {
			return opts, nil, usage(fmt.Errorf("reading %s: %w", f.variable(), err), "")
		}
	}
	var rest []cacheopts.Arg
	for _, arg := range args {
		if !strings.HasPrefix(arg.Name, "gha-") {
			rest = append(rest, arg)
			continue
		}
		f, ok := flags[arg.Name]
		if !ok {
			return opts, nil, usage(fmt.Errorf("unknown flag --%s", arg.Name), fmt.Sprintf("docker ghacache %s --help", verb))
		}
		value := "true"
		if arg.HasValue {
			value = arg.Value
		}
		if err := f.set(&opts, value); err != nil {
			return opts, nil, usage(fmt.Errorf("reading --%s: %w", arg.Name, err), "")
		}
	}
	return opts, rest, nil
}

// describeFlags registers the own options for help and the reference. They are
// parsed by takeOptions, because all others are buildx's.
func describeFlags(cmd *cobra.Command) {
	for _, f := range flagsOf(cmd.Name()) {
		cmd.Flags().Bool(f.name, false, fmt.Sprintf("%s [$%s]", f.usage, f.variable()))
	}
}
