package migrate

import (
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

var (
	hostedRE = regexp.MustCompile(`^(?i:ubuntu|windows|macos)-(?:latest|slim|[0-9])`)
	buildsRE = regexp.MustCompile(`\b(?:docker|docker-compose|buildx|buildctl|make|just)\b|\.sh\b`)
	moveRE   = regexp.MustCompile(`\bmv\s+(?:-\w+\s+)*"?(\S+?)"?\s+"?(\S+?)"?\s`)
	destRE   = regexp.MustCompile(`type=local,(?:.*,)?dest=([^,\s"']+)`)
)

// hosted says that a job runs on a runner of GitHub, or that nothing says it
// does not.
func (f *file) hosted(s *scope, runsOn *yaml.Node) bool {
	labels := items(runsOn)
	if n := get(runsOn, "labels"); n != nil {
		labels = append(items(n), n)
	}
	if n := deref(runsOn); n != nil && n.Kind == yaml.ScalarNode {
		labels = []*yaml.Node{n}
	}
	own := false
	for _, label := range labels {
		for _, v := range s.expand(s.doc.text(label)) {
			switch {
			case hostedRE.MatchString(v.value):
				f.service.v2 = "it runs on " + v.value + ", a runner of GitHub"
				return true
			case v.value != "" && !strings.Contains(v.value, "${{"):
				own = true
			}
		}
	}
	return !own
}

// selfHosted advises a version for setup-buildx-action where the runner brings
// a buildx of its own: without version: the action uses that.
func (f *file) selfHosted(a action) {
	if a.s.hosted || get(a.with, "version") != nil || !strings.HasPrefix(a.repo, "docker/") {
		return
	}
	fd := Finding{Rule: ruleHosted, Certainty: Advice, Text: a.t.value, pin: true,
		Why: "the runner is not GitHub's, and without version: the action uses the buildx that is installed there",
		Fix: "add version: latest"}
	if at, with, ok := f.insertion(a, "version: latest"); ok {
		fd.Edits = []Edit{{Start: at, End: at, New: with, keys: true}}
	} else {
		fd.NoFix = "the step is not written as a block"
	}
	f.report(a.t, 0, fd)
}

// insertion is the edit that adds a line to the with: of a step, before its
// first key and with its indentation, or a with: of its own after uses:.
func (f *file) insertion(a action, line string) (at int, with string, ok bool) {
	doc := a.s.doc
	if n := get(a.step, "with"); n != nil {
		if n.Kind != yaml.MappingNode || n.Style&yaml.FlowStyle != 0 || len(n.Content) == 0 || n.Anchor != "" {
			return 0, "", false
		}
		at = doc.offset(n.Content[0])
		indent := string(f.src[doc.lines[n.Content[0].Line-1]:at])
		return at, line + f.newline() + indent, strings.Trim(indent, " ") == ""
	}
	_, end, ok := a.t.span(0, len(a.t.value))
	if !ok || a.step.Style&yaml.FlowStyle != 0 || a.step.Content[0].Line == 0 {
		return 0, "", false
	}
	rest, _, _ := strings.Cut(string(f.src[end:]), "\n")
	indent := f.newline() + strings.Repeat(" ", a.step.Content[0].Column-1)
	return end + len(strings.TrimRight(rest, "\r")), indent + "with:" + indent + "  " + line, true
}

func (f *file) dance(a action) {
	if n := get(a.with, "cache-source"); n != nil {
		f.report(a.s.doc.text(n), 0, Finding{Rule: ruleDance, Certainty: Advice, Text: "cache-source: " + n.Value,
			Why: "buildkit-cache-dance takes cache-map since v3", NoFix: `write cache-map: {"SOURCE": "TARGET"}`})
	}
}

// moveCache looks for a step that moves the directory that a local cache was
// exported to. It kept the cache from growing; since buildx 0.35 reset=true on
// --cache-to type=local does.
func (f *file) moveCache(s *scope, steps *yaml.Node) {
	dests := map[string]bool{}
	for _, step := range items(steps) {
		for _, n := range []*yaml.Node{get(step, "with", "cache-to"), get(step, "run")} {
			if n = deref(n); n != nil {
				for _, m := range destRE.FindAllStringSubmatch(n.Value, -1) {
					dests[m[1]] = true
				}
			}
		}
	}
	for _, step := range items(steps) {
		t := s.doc.text(get(step, "run"))
		for _, m := range moveRE.FindAllStringSubmatchIndex(t.value+"\n", -1) {
			if dir := t.value[m[2]:m[3]]; dests[dir] {
				f.report(t, m[0], Finding{Rule: ruleMove, Certainty: Advice, Text: "mv " + dir,
					Why:   "since buildx 0.35 a local cache does not keep growing with reset=true",
					NoFix: fmt.Sprintf("export to type=local,dest=%s,reset=true and drop the step", t.value[m[4]:m[5]])})
			}
		}
	}
}

// build is a step that exports a gha cache.
type build struct{ scope, image string }

// sharedScope looks for builds of different images that export to one scope:
// each overwrites the index of the other.
func (f *file) sharedScope(s *scope, steps *yaml.Node) {
	for _, step := range items(steps) {
		with := get(step, "with")
		for _, line := range s.doc.text(get(with, "cache-to")).lines() {
			i, j, ok := cacheEntry(line.value)
			if !ok {
				continue
			}
			f.export(line, i, build{scopeOf(line.value[i:j]), imageIn(with)})
		}
		for _, line := range s.doc.text(get(with, "set")).lines() {
			f.bakeSet(line)
		}
	}
}

func scopeOf(entry string) string {
	scope := "buildkit"
	for _, a := range attributes(entry) {
		if a.key == "scope" {
			scope = entry[a.from:a.end]
		}
	}
	return scope
}

// imageIn tells the images of build-push-action apart.
func imageIn(with *yaml.Node) string {
	var out strings.Builder
	for _, key := range []string{"context", "file", "target", "platforms"} {
		if n := deref(get(with, key)); n != nil {
			out.WriteString(key + ": " + n.Value + "\n")
		}
	}
	return out.String()
}

func (f *file) export(t text, i int, b build) {
	fd := Finding{Rule: ruleScope, Certainty: Advice, Text: t.value, NoFix: "give each image a scope of its own"}
	switch other, seen := f.builds[b.scope]; {
	case strings.Contains(b.image, "matrix.") && !strings.Contains(b.scope, "${{"):
		fd.Why = fmt.Sprintf("every job of the matrix overwrites the cache in scope %q", b.scope)
	case seen && other != b.image:
		fd.Why = fmt.Sprintf("another image of this file is cached in scope %q, too: each build overwrites the other's cache", b.scope)
	default:
		f.builds[b.scope] = b.image
		return
	}
	f.report(t, i, fd)
}

// bakeSet judges *.cache-to=type=gha: one scope for all targets.
func (f *file) bakeSet(line text) {
	i, j, ok := cacheEntry(line.value)
	if !ok || !strings.Contains(line.value[:i], "*.cache-to") || strings.Contains(scopeOf(line.value[i:j]), "${{") {
		return
	}
	f.report(line, 0, Finding{Rule: ruleScope, Certainty: Advice, Text: line.value,
		Why:   fmt.Sprintf("every target is cached in scope %q, where the last one wins", scopeOf(line.value[i:j])),
		NoFix: "write one line for each target, with a scope of its own"})
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
