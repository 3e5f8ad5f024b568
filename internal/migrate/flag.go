package migrate

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

var (
	flagValueRE = regexp.MustCompile(`ACTIONS_CACHE_SERVICE_V2["']?\s*(?:=\s*|:\s+|,\s*["'])["']?([A-Za-z0-9]*)`)
	buildsRE    = regexp.MustCompile(`\b(?:docker|docker-compose|buildx|buildctl|make|just)\b|\.sh\b`)
)

// flag looks for an assignment of ACTIONS_CACHE_SERVICE_V2.
func (f *file) flag(t text) {
	for _, m := range flagValueRE.FindAllStringSubmatchIndex(t.value, -1) {
		if m[3] < len(t.value) && strings.ContainsAny(t.value[m[3]:m[3]+1], "$") {
			continue
		}
		f.flagValue(t, m[2], m[3], Certain)
	}
}

// flagValue judges a value of ACTIONS_CACHE_SERVICE_V2 as buildx and BuildKit
// do, by ParseBool: yes and on are ignored.
func (f *file) flagValue(t text, i, j int, certainty Certainty) {
	value := t.value[i:j]
	on, err := strconv.ParseBool(value)
	if on {
		return
	}
	why := "it chooses version 1"
	if err != nil && value != "" {
		why = "buildx and BuildKit do not read it as true: they know 1, t and true only"
	}
	f.replace(Finding{
		Rule: ruleFlag, Certainty: certainty, Text: serviceFlag + "=" + value, Why: why,
		Fix: "set it to true", Safe: true,
	}, t, i, j, "true")
}

// sccacheFlag looks for scripts that build behind sccache-action, which exports
// ACTIONS_CACHE_SERVICE_V2=on since v0.0.9: buildx does not read that as true.
// Actions are not affected, the runner sets their variables.
func (f *file) sccacheFlag(s *scope, steps *yaml.Node) {
	exported := false
	for _, step := range items(steps) {
		if uses := get(step, "uses"); uses != nil {
			exported = exported || strings.HasPrefix(strings.ToLower(uses.Value), "mozilla-actions/sccache-action@")
			continue
		}
		run := deref(get(step, "run"))
		if !exported || run == nil || !ghaRE.MatchString(run.Value) || strings.Contains(run.Value, serviceFlag) || get(step, "env", serviceFlag) != nil {
			continue
		}
		t := s.doc.text(run)
		at := ghaRE.FindStringIndex(run.Value)
		f.report(t, at[0], Finding{Rule: ruleFlag, Certainty: Conditional, Text: strings.TrimSpace(run.Value[at[0]:at[1]]),
			Why:   "sccache-action, earlier in the job, exports ACTIONS_CACHE_SERVICE_V2=on, which buildx does not read as true",
			NoFix: `set ACTIONS_CACHE_SERVICE_V2: "true" in the env of this step`})
	}
}

// runsBuilds says that a step below n is a script that builds: only those see
// the variables of env:, JavaScript actions get the runner's.
func runsBuilds(n *yaml.Node) bool {
	if n = plain(n); n == nil || n.Kind == yaml.ScalarNode {
		return false
	}
	for k, v := range pairs(n) {
		if k.Value == "run" && v.Kind == yaml.ScalarNode && buildsRE.MatchString(v.Value) || runsBuilds(v) {
			return true
		}
	}
	return slices.ContainsFunc(items(n), runsBuilds)
}

// env judges a mapping of variables.
func (f *file) env(s *scope, vars *yaml.Node, reaches bool) {
	for k, v := range pairs(plain(vars)) {
		switch t := s.doc.text(v); k.Value {
		case serviceFlag:
			certainty := Certain
			if !reaches {
				certainty = Conditional
			}
			if duplicated(vars, k.Value) {
				t.refuse = "the key is there twice"
			}
			for _, v := range s.expand(t) {
				if !strings.Contains(v.value, "$") {
					f.flagValue(v, 0, len(v.value), certainty)
				}
			}
		case cacheURL, resultsURL:
			f.service.see(v.Value)
			f.exports(s, vars, k)
		case "_EXPERIMENTAL_DAGGER_CACHE_CONFIG":
			f.dagger(t)
		}
	}
}
