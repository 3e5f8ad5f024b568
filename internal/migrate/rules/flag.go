package rules

import (
	"strconv"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/lazyregexp"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/scan"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source"
)

var flagValueRE = lazyregexp.New(`ACTIONS_CACHE_SERVICE_V2["']?\s*(?:=\s*|:\s+|,\s*["'])["']?([A-Za-z0-9]*)`)

// flagWritten looks for an assignment of ACTIONS_CACHE_SERVICE_V2 in a word.
func flagWritten(t source.Text) (out []Finding) {
	if !names(t.Value, serviceFlag) {
		return nil
	}
	for _, m := range flagValueRE().FindAllStringSubmatchIndex(t.Value, -1) {
		if !strings.HasPrefix(t.Value[m[3]:], "$") {
			out = append(out, flagValue(t, m[2], m[3], Certain)...)
		}
	}
	return out
}

// flagAssigned judges the variable of a Makefile, justfile or Dockerfile.
func flagAssigned(v scan.Variable) []Finding {
	if v.Name != serviceFlag || strings.Contains(v.Value.Value, "$") {
		return nil
	}
	return flagValue(v.Value, 0, len(v.Value.Value), Certain)
}

// flagIn judges the variable of an env:. If no script sees it, it has an effect
// only where something else passes it on.
func flagIn(env scan.Env) (out []Finding) {
	certainty := Conditional
	if env.Seen {
		certainty = Certain
	}
	for name, value := range env.Pairs() {
		if name.Value != serviceFlag {
			continue
		}
		for _, v := range env.Resolve(env.Once(name.Value, value)) {
			if !strings.Contains(v.Value, "$") {
				out = append(out, flagValue(v, 0, len(v.Value), certainty)...)
			}
		}
	}
	return out
}

// flagValue judges a value of ACTIONS_CACHE_SERVICE_V2 by ParseBool, as buildx and
// BuildKit do. They ignore yes and on.
func flagValue(t source.Text, i, j int, certainty Certainty) []Finding {
	value := t.Value[i:j]
	on, err := strconv.ParseBool(value)
	if on {
		return nil
	}
	why := "it chooses version 1"
	if err != nil && value != "" {
		why = "buildx and BuildKit do not read it as true: they know 1, t and true only"
	}
	return Finding{
		Rule: ServiceFlag, Certainty: certainty, Text: serviceFlag + "=" + value, Why: why,
		Fix: "set it to true", Safe: true,
	}.replace(t, i, j, "true").at(t, i)
}

// sccacheFlag finds scripts that build after sccache-action, which exports
// ACTIONS_CACHE_SERVICE_V2=on since v0.0.9. buildx does not read that as true.
// Actions are not affected, because the runner sets their variables.
func sccacheFlag(steps scan.Steps) (out []Finding) {
	exported := false
	for _, step := range steps {
		if step.Has("uses") {
			exported = exported || strings.HasPrefix(strings.ToLower(step.Value("uses")), "mozilla-actions/sccache-action@")
			continue
		}
		run := step.Text("run")
		at := source.FindGHA(run.Value)
		if !exported || at == nil || strings.Contains(run.Value, serviceFlag) || step.Has("env", serviceFlag) {
			continue
		}
		out = append(out, Finding{Rule: ServiceFlag, Certainty: Conditional, Text: strings.TrimSpace(run.Value[at[0]:at[1]]),
			Why:   "an earlier step, sccache-action, exports ACTIONS_CACHE_SERVICE_V2=on, which buildx does not read as true",
			NoFix: `set ACTIONS_CACHE_SERVICE_V2: "true" in the env of this step`}.at(run, at[0])...)
	}
	return out
}
