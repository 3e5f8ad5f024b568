package buildrun

import (
	"slices"
	"strconv"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
	"github.com/docker-ghacache/docker-ghacache/internal/actions"
	"github.com/docker-ghacache/docker-ghacache/internal/buildrun/cachelists"
	"github.com/docker-ghacache/docker-ghacache/internal/buildrun/cleaning"
	"github.com/tonistiigi/go-csvvalue"
)

// What the command line asks of buildx, as far as it matters for a cache.

// flag is the last value given for a flag, and whether there is one.
func (inv *invocation) flag(name string) (value string, given bool) {
	for _, arg := range inv.args {
		if arg.Name == name && arg.HasValue {
			value, given = arg.Value, true
		}
	}
	return value, given
}

// on is the value of a boolean flag, as buildx reads it.
func on(arg cacheopts.Arg) bool {
	value, err := strconv.ParseBool(arg.Value)
	return !arg.HasValue || err == nil && value
}

// lastOn is the last value of a boolean flag.
func lastOn(args []cacheopts.Arg, name string) bool {
	value := false
	for _, arg := range args {
		if arg.Name == name {
			value = on(arg)
		}
	}
	return value
}

// buildCall is what build is asked to do in place of building. buildx has
// three flags for it (commands/build.go), of which the last one counts.
func buildCall(args []cacheopts.Arg) string {
	call := ""
	for _, arg := range args {
		switch arg.Name {
		case "call", "print":
			call = arg.Value
		case "check":
			if on(arg) {
				call = "check"
			}
		}
	}
	return call
}

// builds reports whether a value of buildx's --call, such as check,format=json,
// asks for a build. The others ask the Dockerfile's frontend for something else.
// What buildx cannot read builds nothing (util/buildflags.ParseCallFunc).
func builds(call string) bool {
	fields, err := csvvalue.Fields(call, nil)
	return call == "" || err == nil && slices.Contains(fields, "build")
}

// buildPlatforms are the platforms that build is asked to build for, the default being
// that of buildx (commands/build.go).
func buildPlatforms(args []cacheopts.Arg, lookup actions.Lookup) []string {
	var found []string
	given := false
	for _, arg := range args {
		if arg.Name == "platform" {
			found, given = append(found, splitPlatforms(arg.Value)...), true
		}
	}
	if variable, _ := lookup("DOCKER_DEFAULT_PLATFORM"); !given {
		return splitPlatforms(variable)
	}
	return found
}

func splitPlatforms(value string) []string {
	return strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' })
}

// localsOf are the folders that the arguments of build name.
func localsOf(args []cacheopts.Arg) (found cleaning.Folders) {
	for _, arg := range args {
		if side := arg.Side(); side != 0 {
			entries, _ := cacheopts.Parse(arg.Value) // buildx complains best
			found = found.Add(side, entries)
		}
	}
	return found
}

// localsOfTargets are the folders that the targets which are built name.
func localsOfTargets(ts cachelists.Targets) (found cleaning.Folders) {
	for name, side := range ts.Lists() {
		if builds(ts[name].Call) {
			found = found.Add(side, ts[name].List(side))
		}
	}
	return found
}
