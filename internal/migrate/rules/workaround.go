package rules

import (
	"fmt"
	"path"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/lazyregexp"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/scan"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source"
)

var (
	moveRE  = lazyregexp.New(`\bmv\s+(?:-\w+\s+)*"?(\S+?)"?\s+"?(\S+?)"?\s`)
	emptyRE = lazyregexp.New(`\brm\s+(?:-\w+\s+)*"?(\S+?)"?(\s*(?:\n|&&|;)\s*)$`)
	destRE  = lazyregexp.New(`type=local,(?:.*,)?dest=([^,\s"']+)`)
)

// moveCache finds a step that moves the directory of a local cache. That kept the
// cache from growing. Since buildx 0.35, reset=true on --cache-to type=local does
// that, and with this program `prune --local`.
func moveCache(steps scan.Steps) (out []Finding) {
	dests := localDests(steps)
	if len(dests) == 0 {
		return nil
	}
	for _, step := range steps {
		t := step.Text("run")
		for _, m := range moveRE().FindAllStringSubmatchIndex(t.Value+"\n", -1) {
			if dir := t.Value[m[2]:m[3]]; len(dests[dir]) > 0 {
				out = append(out, movedCache(t, m, dir, dests[dir]).at(t, m[0])...)
			}
		}
	}
	return out
}

// part is part of a text.
type part struct {
	source.Text
	from, to int
}

// localDests are the places where a job exports a local cache to a directory.
func localDests(steps scan.Steps) map[string][]part {
	dests := map[string][]part{}
	for _, step := range steps {
		for _, t := range []source.Text{step.Text("with", "cache-to"), step.Text("run")} {
			for _, m := range destRE().FindAllStringSubmatchIndex(t.Value, -1) {
				dir := t.Value[m[2]:m[3]]
				dests[dir] = append(dests[dir], part{t, m[2], m[3]})
			}
		}
	}
	return dests
}

// movedCache is a command that puts one directory in the place of another, which it empties
// right before. The fix exports to the other one. It needs this program in the job.
func movedCache(t source.Text, m []int, dir string, dests []part) Finding {
	target := t.Value[m[4]:m[5]]
	fd := Finding{
		Rule: MoveCache, Certainty: Advice, Text: "mv " + dir,
		Why: "a local cache does not keep growing if docker ghacache prunes it, or since buildx 0.35 with reset=true",
		Fix: "export to " + target + " and prune it, with this plugin installed in the job",
	}
	emptied := emptyRE().FindStringSubmatchIndex(t.Value[:m[0]])
	if emptied == nil || t.Value[emptied[2]:emptied[3]] != target || shellOnly(target) {
		fd.Fix, fd.NoFix = "", fmt.Sprintf("export to type=local,dest=%s,reset=true and drop the step", target)
		return fd
	}
	for _, dest := range dests {
		fd = fd.replace(dest.Text, dest.from, dest.to, target)
	}
	from, end := emptied[0], m[5]
	if strings.HasPrefix(t.Value[end:], `"`) {
		end++
	}
	if strings.Contains(t.Value[from:end], "\n") { // an edit stays on its line
		fd = fd.replace(t, from, emptied[4], "# the build exports to "+target)
		from = m[0]
	}
	return fd.replace(t, from, end, "docker ghacache prune --local "+target+" --grace 0s --force")
}

// shellOnly reports whether a shell changes the name of a directory, so that it is another
// one in an input of an action.
func shellOnly(dir string) bool {
	return strings.HasPrefix(dir, "~") || strings.Contains(strings.ReplaceAll(dir, "${{", ""), "$")
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
