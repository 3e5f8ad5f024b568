package cacheopts

import (
	"fmt"
	"strings"
	"time"
)

// obstacle says why the entry cannot work here, or returns the zero Note. Its
// texts name no target, so that many entries share one note.
func (c *completion) obstacle(req Request, at service, token string) Note {
	if token == "" || at.url == "" {
		return c.lacking(req, at, token)
	}
	switch grant := c.rt.grant(token); {
	case grant.Problem != "":
		return c.fail(req, "the runtime token cannot be used: "+grant.Problem, "docker ghacache doctor")
	case !grant.Expires.IsZero() && !c.rt.Now.Before(grant.Expires):
		return c.fail(req, "the runtime token expired at "+grant.Expires.UTC().Format(time.RFC3339), c.rt.renew())
	case grant.NoRead != "":
		return without(req, grant.NoRead)
	case req.Side == To && grant.ReadOnly != "":
		return without(req, grant.ReadOnly)
	}
	return Note{}
}

func without(req Request, why string) Note {
	return Note{Level: LevelWarning, Text: fmt.Sprintf("building without %s type=gha: %s", req.Side, why)}
}

// renew says where a new token comes from.
func (rt Runtime) renew() string {
	if rt.Job {
		return "a token lives as long as its job: run the step again in a new job"
	}
	return "docker ghacache serve token"
}

// lacking is for an entry without token or URL, which buildx drops in silence.
func (c *completion) lacking(req Request, at service, token string) Note {
	var missing []string
	if token == "" {
		missing = append(missing, "ACTIONS_RUNTIME_TOKEN")
	}
	if at.url == "" {
		missing = append(missing, at.variable())
	}
	what := strings.Join(missing, " and ")
	if c.rt.Job {
		return c.fail(req, "type=gha needs "+what+", which this step of the job does not have", c.rt.Expose)
	}
	const hint = "docker ghacache serve -- docker ghacache build …"
	if c.opts.Strict {
		return c.fail(req, "type=gha needs "+what+", and this is no job of GitHub Actions", hint)
	}
	return Note{LevelWarning, "building without type=gha: there is no " + what + " outside of a job of GitHub Actions", hint}
}

func (s service) variable() string {
	if s.version == 2 || s.unknown {
		return "ACTIONS_RESULTS_URL"
	}
	return "ACTIONS_CACHE_URL"
}

func (c *completion) fail(req Request, text, hint string) Note {
	if c.optional(req) {
		return Note{LevelWarning, "building without type=gha, as ignore-error allows: " + text, hint}
	}
	return Note{LevelError, text, hint}
}

// optional reports whether the build can do without the entry.
func (c *completion) optional(req Request) bool {
	if req.Side == To {
		return req.Entry.IgnoreError()
	}
	for _, other := range c.reqs {
		if other.Side == To && other.Where == req.Where && other.Entry.GHA() && other.Entry.IgnoreError() {
			return true
		}
	}
	return false
}
