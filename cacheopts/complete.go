package cacheopts

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Options change what [Complete] makes of a situation.
type Options struct {
	Strict bool // lacking the runtime is an error outside of a job, too
}

// Request is an entry that somebody asked for.
type Request struct {
	Side  Side
	Entry Entry
	Where string // the bake target, empty for a build
}

// Completed is what became of a [Request].
type Completed struct {
	Entry   Entry
	Dropped bool // the entry must not be passed on; Entry is as it was asked for

	// The cache service that BuildKit will use; zero for a dropped entry and
	// for one that is not of type=gha.
	Version int
	URL     string
}

// Result is what [Complete] returns.
type Result struct {
	Entries []Completed       // one a request, in order
	Env     map[string]string // variables to set for the child; the values are secret
	Notes   []Note            // each once, in the order of the requests
}

// Failed reports whether a note is an error: the build must not start.
func (r Result) Failed() bool {
	return slices.ContainsFunc(r.Notes, func(n Note) bool { return n.Level == LevelError })
}

// Complete prepares the entries of one invocation of buildx for a runtime.
// Problems that [Entry.Check] finds become errors. Then, for each of type=gha:
//
//   - version and the one URL that counts are written out, so that neither
//     buildx nor BuildKit guesses; scope stays what it was;
//   - repository and ghtoken complete each other where one is given;
//   - an entry that cannot work is dropped, with an error or a warning;
//   - the token moves to Env, unless entries need different ones.
//
// In a job, lacking the token or the URL is an error. Outside, the entries are
// dropped with a warning; [Options] can make that an error. So is an expired
// or unreadable token. A token without permission drops the entries it cannot
// serve, with a warning.
//
// ignore-error=true turns such an error into a warning and drops the entry. It
// is an attribute of --cache-to only, but who writes it can do without the
// cache, so it holds for the --cache-from entries of the same target as well.
// It does not excuse a mistake in an option, or a service that does not exist.
//
// Entries of one invocation that write the same scope are reported, for one
// overwrites the other. One that is there twice in a target is written once:
// BuildKit refuses duplicates.
func Complete(reqs []Request, rt Runtime, opts Options) Result {
	c := completion{rt: rt, opts: opts, reqs: reqs}
	for _, req := range reqs {
		c.add(c.complete(req))
	}
	return Result{Entries: c.done, Env: c.lift(), Notes: c.notes}
}

type completion struct {
	rt     Runtime
	opts   Options
	reqs   []Request
	done   []Completed
	tokens []string // beside done: the token in effect, empty where there is none
	notes  []Note
}

func (c *completion) note(n Note) {
	if n != (Note{}) && !slices.Contains(c.notes, n) {
		c.notes = append(c.notes, n)
	}
}

func (c *completion) add(done Completed, token string) {
	req := c.reqs[len(c.done)]
	if token != "" && req.Side == To {
		if c.duplicate(req, done, token) {
			done, token = Completed{Entry: req.Entry, Dropped: true}, ""
		} else if same := c.writers(done, token); len(same) > 0 {
			c.note(collision(c.reqs[same[0]], req))
		}
	}
	c.done, c.tokens = append(c.done, done), append(c.tokens, token)
}

// complete returns the entry without regard to the others, and its token.
func (c *completion) complete(req Request) (Completed, string) {
	dropped := Completed{Entry: req.Entry, Dropped: true}
	if problems := req.Entry.Check(req.Side); len(problems) > 0 {
		for _, p := range problems {
			c.note(Note{LevelError, req.String() + ": " + p.Text, req.hint(p)})
		}
		return dropped, ""
	}
	if !req.Entry.GHA() {
		return Completed{Entry: req.Entry}, ""
	}
	at := c.rt.locate(req.Entry)
	if p := c.rt.refuse(at); p != (Problem{}) {
		c.note(Note{LevelError, p.Text, p.Hint})
		return dropped, ""
	}
	token := cmp.Or(req.Entry.Attrs["token"], c.rt.Token)
	if obstacle := c.obstacle(req, at, token); obstacle != (Note{}) {
		c.note(obstacle)
		return dropped, ""
	}
	c.note(at.ignored(req.Entry))
	entry := c.completeListing(at.write(req.Entry))
	return Completed{Entry: entry, Version: at.version, URL: at.url}, token
}

// completeListing gives repository its ghtoken and the other way round. BuildKit needs
// both or uses neither (initActiveKeyMap in cache/remotecache/gha/gha.go).
func (c *completion) completeListing(e Entry) Entry {
	repository, ghtoken := e.Attrs["repository"], e.Attrs["ghtoken"]
	if repository == "" && ghtoken == "" {
		return e
	}
	e = e.With("repository", cmp.Or(repository, c.rt.Repository)).With("ghtoken", cmp.Or(ghtoken, c.rt.GHToken))
	switch {
	case e.Attrs["repository"] == "":
		c.note(Note{LevelWarning, "ghtoken is left out: BuildKit uses it with repository only", "repository=OWNER/NAME"})
		return e.Without("repository", "ghtoken")
	case e.Attrs["ghtoken"] == "":
		c.note(Note{LevelWarning, "repository is left out: BuildKit uses it with ghtoken only", "ghtoken=TOKEN, or set GITHUB_TOKEN"})
		return e.Without("repository", "ghtoken")
	}
	return e
}

// hint is the fix of a problem: a bake target has values in the place of flags.
func (r Request) hint(p Problem) string {
	if r.Where == "" {
		return p.Hint
	}
	return strings.TrimPrefix(p.Hint, r.Side.String()+" ")
}

// String names the request for a note.
func (r Request) String() string {
	if r.Where == "" {
		return r.Side.String()
	}
	return fmt.Sprintf("%s of target %q", r.Side.Name(), r.Where)
}
