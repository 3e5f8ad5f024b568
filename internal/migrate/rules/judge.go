package rules

import (
	"bytes"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate/scan"
)

// Judge runs every detector on a page. Findings are in no particular order.
func Judge(p *scan.Page, o Options) (out []Finding) {
	add := func(found []Finding) { out = append(out, found...) }
	for _, w := range p.Words {
		add(imagesIn(w))
		add(downloads(w.Text))
		add(flagWritten(w.Text))
		add(handedIn(p, w))
		add(exportedByScript(p, w))
		add(vcpkg(w.Text))
	}
	for _, key := range p.Keys {
		add(handedIn(p, scan.Word{Text: key}))
	}
	for _, e := range p.Entries {
		add(entryAttributes(e))
		add(entryURL(e))
		add(overridden(p, e))
	}
	for _, x := range p.Objects {
		add(cacheVersion(x.Version, 0, len(x.Version.Value)))
	}
	for _, env := range p.Env {
		add(flagIn(env))
		add(exportedIn(env))
		add(dagger(env))
	}
	for _, v := range p.Assigned {
		add(flagAssigned(v))
	}
	for _, steps := range p.Jobs {
		add(sccacheFlag(steps))
		add(moveCache(steps))
	}
	for _, a := range p.Actions {
		add(judgeAction(a, o))
	}
	for _, t := range p.Containers {
		if p.GHA {
			add(containerAction(t))
		}
	}
	add(sharedScopes(p.Exports))
	return choose(out, p.File.Src, o.Minimum)
}

// judgeAction runs the detectors on the use of an action. An action that must be
// updated anyway is not also bumped.
func judgeAction(a scan.Action, o Options) (out []Finding) {
	r := versionOf(a, o)
	out = append(out, installed(a)...)
	out = append(out, installedBuildx(a)...)
	out = append(out, cacheDance(a)...)
	out = append(out, githubScript(a)...)
	out = append(out, pinnedCommit(r, o.Bump)...)
	if moved := minimum(r); moved != nil {
		return append(out, moved...)
	}
	if o.Bump {
		out = append(out, bump(r)...)
	}
	return out
}

// Concern reports whether a file may have findings. It is a quick look before the
// file is parsed: every finding needs one of these words.
func Concern(src []byte) bool {
	for _, word := range []string{"buildx", "buildkit", "gha", "actions/cache", "ACTIONS_CACHE", "docker:", "docker@", "setup-docker",
		"setup-compose", "docker/compose/", "actions-runner", "actions/runner", "sccache", "type=local", "docker/"} {
		if bytes.Contains(src, []byte(word)) {
			return true
		}
	}
	return false
}
