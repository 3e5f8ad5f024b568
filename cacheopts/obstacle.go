package cacheopts

import (
	"fmt"
	"strings"
	"time"
)

// obstacle says why the entry cannot work here, or returns the zero Note. Its
// texts name no target: many entries share one note.
func (c *completion) obstacle(req Request, at service, token string) Note {
	if token == "" || at.url == "" {
		return c.lacking(req, at, token)
	}
	if !absolute(at.url) { // one in the entry was checked with the entry
		return c.badURL(at)
	}
	switch grant := c.rt.grant(token); {
	case grant.Problem != "":
		return c.fail(req, c.unusable(req, grant.Problem))
	case !grant.Expires.IsZero() && !c.rt.Now.Before(grant.Expires):
		at := grant.Expires.UTC().Format(time.RFC3339)
		return c.fail(req, Note{Code: CodeExpiredToken, Attr: "token", Values: []string{at}, Text: c.tokenOf(req) + " expired at " + at})
	case grant.NoRead != "":
		return without(req, CodeWriteOnlyToken, grant.NoRead)
	case req.Side == To && grant.ReadOnly != "":
		return without(req, CodeReadOnlyToken, grant.ReadOnly)
	}
	return Note{}
}

// tell reports an obstacle: for the entry, if its own token is the obstacle, and else once
// for all entries, which have the token of the runtime.
func (c *completion) tell(req Request, n Note) {
	if !c.ownToken(req) || n.Code != CodeUnusableToken && n.Code != CodeExpiredToken {
		c.said.add(n)
		return
	}
	fix := "token=TOKEN"
	if c.rt.Token != "" {
		fix = req.Side.String() + " " + req.Entry.Without("token").String()
	}
	n.Hint = req.hint(Problem{Hint: fix})
	c.said.about(req, n)
}

// ownToken reports whether the entry has another token than the runtime.
func (c *completion) ownToken(req Request) bool {
	token := req.Entry.Attrs["token"]
	return token != "" && token != c.rt.Token
}

const runtimeToken = "the runtime token"

func (c *completion) tokenOf(req Request) string {
	if c.ownToken(req) {
		return "token"
	}
	return runtimeToken
}

func (c *completion) unusable(req Request, problem string) Note {
	note := Note{Code: CodeUnusableToken, Attr: "token", Text: "the cache cannot be used: " + problem}
	switch {
	case !c.ownToken(req):
	case strings.Contains(problem, runtimeToken):
		note.Text = strings.ReplaceAll(problem, runtimeToken, c.tokenOf(req))
	default:
		note.Text = "token cannot be used: " + problem
	}
	return note
}

func without(req Request, code Code, why string) Note {
	return Note{
		Code: code, Level: LevelWarning, Side: req.Side, Attr: "token",
		Text: fmt.Sprintf("building without %s type=gha: %s", req.Side, why),
	}
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
	note := Note{Code: CodeNoRuntime, Values: missing, Text: "type=gha needs " + what + ", which this step of the job does not have"}
	if c.rt.Job {
		return c.fail(req, note)
	}
	note.Code = CodeNoJob
	if c.opts.Strict {
		note.Text = "type=gha needs " + what + ", and this is not a job of GitHub Actions"
		return c.fail(req, note)
	}
	note.Level, note.Text = LevelWarning, "building without type=gha: there is no "+what+" outside of a job of GitHub Actions"
	return note
}

// badURL is an error even if the build can do without the cache: it is a mistake.
func (c *completion) badURL(at service) Note {
	attr, name := "url_v2", "ACTIONS_RESULTS_URL"
	if at.url == c.rt.URL && at.url != c.rt.URLV2 {
		attr, name = "url", "ACTIONS_CACHE_URL"
	}
	return Note{
		Code: CodeBadURL, Level: LevelError, Attr: attr, Values: []string{name},
		Text: fmt.Sprintf("%s is not an absolute http or https URL: %q", name, cutSecret(at.url)),
		Hint: attr + "=http://HOST:PORT/",
	}
}

func (s service) variable() string {
	if s.version == 2 || s.unknown {
		return "ACTIONS_RESULTS_URL"
	}
	return "ACTIONS_CACHE_URL"
}

// fail gives a note its level: that of an error, unless the build can do without the entry.
func (c *completion) fail(req Request, n Note) Note {
	n.Level = LevelError
	if c.optional(req) {
		n.Level, n.Text = LevelWarning, "building without type=gha, as ignore-error allows: "+n.Text
	}
	return n
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
