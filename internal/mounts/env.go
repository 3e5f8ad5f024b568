package mounts

import (
	"maps"
	"slices"

	"github.com/containerd/platforms"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
)

// env are the variables at a place of a Dockerfile.
type env map[string]value

// value is what a variable is. Unknown is a variable that it needs, if nobody knows that one before the build.
type value struct {
	text    string
	unknown string
}

func (e env) clone() env { return maps.Clone(e) }

// Get implements [shell.EnvGetter].
func (e env) Get(name string) (string, bool) {
	v, ok := e[name]
	return v.text, ok
}

// Keys implements [shell.EnvGetter].
func (e env) Keys() []string { return slices.Sorted(maps.Keys(e)) }

// expand expands a word. A variable without a value may come from a base image.
func (f *finder) expand(word string, vars env) value {
	result, err := f.shlex.ProcessWordWithMatches(word, vars)
	if err != nil {
		return value{unknown: err.Error()}
	}
	for name := range result.Unmatched {
		return value{result.Result, name}
	}
	for name := range result.Matched {
		if unknown := vars[name].unknown; unknown != "" {
			return value{result.Result, unknown}
		}
	}
	return value{text: result.Result}
}

// declare does what ARG does: in a stage, it also makes a global argument known.
func (f *finder) declare(vars env, args []instructions.KeyValuePairOptional, stage bool) {
	for _, a := range args {
		if given, ok := f.build.Args[a.Key]; ok {
			vars[a.Key] = value{text: given}
			continue
		}
		if a.Value != nil {
			vars[a.Key] = f.expand(*a.Value, vars)
			continue
		}
		if v, ok := f.global[a.Key]; ok && stage {
			vars[a.Key] = v
		}
	}
}

// platformArgs are the arguments that BuildKit declares (dockerfile2llb.defaultArgs).
func platformArgs(b Build, platform string) env {
	vars := env{"TARGETSTAGE": {text: b.Target}}
	if b.Target == "" {
		vars["TARGETSTAGE"] = value{text: "default"}
	}
	for prefix, name := range map[string]string{"TARGET": platform, "BUILD": b.Native} {
		p, err := parsePlatform(name)
		if err != nil {
			continue
		}
		vars[prefix+"PLATFORM"] = value{text: platforms.Format(p)}
		vars[prefix+"OS"] = value{text: p.OS}
		vars[prefix+"OSVERSION"] = value{text: p.OSVersion}
		vars[prefix+"ARCH"] = value{text: p.Architecture}
		vars[prefix+"VARIANT"] = value{text: p.Variant}
	}
	for name := range vars {
		if given, ok := b.Args[name]; ok {
			vars[name] = value{text: given}
		}
	}
	return vars
}
