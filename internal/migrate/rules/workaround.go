package rules

import (
	"fmt"
	"path"
	"regexp"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate/scan"
)

var (
	moveRE = regexp.MustCompile(`\bmv\s+(?:-\w+\s+)*"?(\S+?)"?\s+"?(\S+?)"?\s`)
	destRE = regexp.MustCompile(`type=local,(?:.*,)?dest=([^,\s"']+)`)
)

// moveCache finds a step that moves the directory of a local cache. That kept the
// cache from growing. Since buildx 0.35, reset=true on --cache-to type=local does
// that.
func moveCache(steps scan.Steps) (out []Finding) {
	dests := map[string]bool{}
	for _, step := range steps {
		for _, value := range []string{step.Value("with", "cache-to"), step.Value("run")} {
			for _, m := range destRE.FindAllStringSubmatch(value, -1) {
				dests[m[1]] = true
			}
		}
	}
	if len(dests) == 0 {
		return nil
	}
	for _, step := range steps {
		t := step.Text("run")
		for _, m := range moveRE.FindAllStringSubmatchIndex(t.Value+"\n", -1) {
			if dir := t.Value[m[2]:m[3]]; dests[dir] {
				out = append(out, Finding{Rule: MoveCache, Certainty: Advice, Text: "mv " + dir,
					Why:   "since buildx 0.35 a local cache does not keep growing with reset=true",
					NoFix: fmt.Sprintf("export to type=local,dest=%s,reset=true and drop the step", t.Value[m[4]:m[5]])}.at(t, m[0])...)
			}
		}
	}
	return out
}

// cacheDance judges the inputs of buildkit-cache-dance.
func cacheDance(a scan.Action) []Finding {
	if path.Base(a.Repo) != "buildkit-cache-dance" || !a.With.Has("cache-source") {
		return nil
	}
	return Finding{Rule: CacheDance, Certainty: Advice, Text: "cache-source: " + a.With.Value("cache-source"),
		Why: "since v3, buildkit-cache-dance uses cache-map instead", NoFix: `write cache-map: {"SOURCE": "TARGET"}`}.
		at(a.With.Text("cache-source"), 0)
}
