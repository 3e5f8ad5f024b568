package migrate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate/rules"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/scan"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source"
)

// caches are the places that name a gha cache, each the path of a file.
type caches struct {
	any   string            // one of them
	built string            // one that is no workflow: a bake or compose file, a script, an action
	calls map[string]string // files that a job with a gha cache calls: the path of its workflow
}

func cachesOf(files []*file) caches {
	c := caches{calls: map[string]string{}}
	for _, f := range files {
		if !f.gha {
			continue
		}
		c.any = cmp.Or(c.any, f.Path)
		if f.Kind != source.Workflow {
			c.built = cmp.Or(c.built, f.Path)
		}
		for _, call := range f.calls {
			if part := partAt(f.parts, call.At); part != nil && part.GHA {
				c.calls[call.Path] = f.Path
			}
		}
	}
	return c
}

func partAt(parts []scan.Part, at int) *scan.Part {
	i := slices.IndexFunc(parts, func(p scan.Part) bool { return p.Start <= at && at < p.End })
	if i < 0 {
		return nil
	}
	return &parts[i]
}

// demote makes advice of pins of builders that no gha cache depends on: in a file, or
// in a job, that names none and runs nothing that does. Advice is not written.
func (c caches) demote(findings []rules.Finding, f *file) []rules.Finding {
	findings = slices.DeleteFunc(findings, func(fd rules.Finding) bool { return fd.Rule == rules.RunnerBuildx && c.any == "" })
	for i := range findings {
		fd := &findings[i]
		if !fd.Pin {
			continue
		}
		has, elsewhere, lacking := c.around(*fd, f)
		switch {
		case fd.Rule == rules.EngineVersion && created(*fd, f):
			fd.Certainty, fd.Safe, fd.Why = rules.Advice, false, fd.Why+"; the job builds with a builder that it creates, for which the Engine's version does not matter"
		case has:
		case fd.Certainty == rules.Advice:
			fd.Safe = false
		case elsewhere != "":
			fd.Certainty, fd.Why = rules.Conditional, fd.Why+"; the gha cache is in "+elsewhere
		default:
			fd.Certainty, fd.Safe, fd.Why = rules.Advice, false, fd.Why+"; "+lacking
		}
	}
	return findings
}

// partsOf are the jobs that a finding is in, or whose variables lead to it.
func partsOf(fd rules.Finding, f *file) (parts []*scan.Part) {
	for _, at := range append([]int{fd.Offset}, places(fd.Via)...) {
		if part := partAt(f.parts, at); part != nil {
			parts = append(parts, part)
		}
	}
	return parts
}

// created says that all jobs that a finding is about build with a builder that they create.
func created(fd rules.Finding, f *file) bool {
	parts := partsOf(fd, f)
	return len(parts) > 0 && !slices.ContainsFunc(parts, func(p *scan.Part) bool { return !p.Created || p.Default })
}

// around says whether the builds that a finding is about have a gha cache, or else
// in which file it may be, or else what has none.
func (c caches) around(fd rules.Finding, f *file) (has bool, elsewhere, lacking string) {
	parts := partsOf(fd, f)
	if len(parts) == 0 {
		return f.gha, c.reaches(f), "no gha cache is named in this file"
	}
	for _, part := range parts {
		if part.GHA {
			return true, "", ""
		}
		if part.Elsewhere {
			elsewhere = c.built
		}
	}
	return false, elsewhere, fmt.Sprintf("job %s has no gha cache", parts[0].Name)
}

// reaches is the workflow whose job has a gha cache and calls f, "" if there is none.
// What a Dockerfile or a compose file pins is mostly an image that is run, not the
// builder.
func (c caches) reaches(f *file) string {
	switch f.Kind {
	case source.Action, source.Workflow:
		for call, workflow := range c.calls {
			if strings.HasSuffix(place(f.File), "/"+call) {
				return workflow
			}
		}
	case source.Shell, source.Make, source.Just, source.HCL, source.JSON:
		if c.any != f.Path {
			return c.any
		}
	}
	return ""
}

// places are the offsets where variables are used.
func places(uses []source.Use) (out []int) {
	for _, u := range uses {
		out = append(out, u.At)
	}
	return out
}
