package migrate

import (
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

var hostedRE = regexp.MustCompile(`^(?i:ubuntu|windows|macos)-(?:latest|slim|[0-9])`)

// hosted says that a job runs on a runner of GitHub, or that nothing says it
// does not.
func (f *file) hosted(s *scope, runsOn *yaml.Node) bool {
	labels := items(runsOn)
	if n := get(runsOn, "labels"); n != nil {
		labels = slices.Concat(items(n), []*yaml.Node{n})
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
