package migrate

import (
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

var (
	moveRE = regexp.MustCompile(`\bmv\s+(?:-\w+\s+)*"?(\S+?)"?\s+"?(\S+?)"?\s`)
	destRE = regexp.MustCompile(`type=local,(?:.*,)?dest=([^,\s"']+)`)
)

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
	}
}

// targets does the same for the services of a compose file and the targets of
// a bake file in JSON.
func (f *file) targets(doc *yamlFile, root *yaml.Node) {
	section, path := "services", []string{"build", "cache_to"}
	if f.kind == kindJSON {
		section, path = "target", []string{"cache-to"}
	}
	for name, target := range pairs(get(root, section)) {
		for _, n := range items(get(target, path...)) {
			t := doc.text(n)
			if i, j, ok := cacheEntry(t.value); ok {
				f.export(t, i, build{scopeOf(t.value[i:j]), name.Value})
			}
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

// everyTarget judges *.cache-to=type=gha of bake: one scope for all targets.
// One with a name is mostly meant for the one target that is built.
func (f *file) everyTarget(t text, i, j int) {
	scope := scopeOf(t.value[i:j])
	if !strings.Contains(t.value[:i], "*.cache-to") || scope != "buildkit" {
		return
	}
	f.report(t, 0, Finding{Rule: ruleScope, Certainty: Advice, Text: t.value,
		Why:   fmt.Sprintf("every target is cached in scope %q, where the last one wins", scope),
		NoFix: "give each target a scope of its own"})
}
