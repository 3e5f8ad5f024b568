package cacheopts

import (
	"cmp"
	"slices"
	"strings"
)

// Options change what [Complete] makes of a situation.
type Options struct {
	// Strict makes errors of warnings that have a remedy: lacking the runtime outside
	// of a job, and what [Entry.Check] warns of.
	Strict bool
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

// Check returns what [Entry.Check] finds wrong with the entries, as [Complete]
// reports it: one note for all targets that share a problem. It needs no runtime.
func Check(reqs []Request, opts Options) []Note {
	var said remarks
	for _, req := range reqs {
		said.check(req, opts)
	}
	return said.notes()
}

// Complete prepares the entries of one invocation of buildx for a runtime.
// An entry in which [Check] finds an error is dropped; its warnings change nothing.
// Then, for each of type=gha:
//
//   - version and the one URL that counts are written out, so that neither
//     buildx nor BuildKit guesses; scope stays what it was;
//   - repository and ghtoken complete each other on --cache-to where one is given, and
//     ghtoken leaves --cache-from, where nobody reads it;
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
// Entries of one invocation that write the same scope are reported, a note for each
// scope, because the last one to finish overwrites the others. One that is there twice in a target is written once:
// BuildKit refuses duplicates.
func Complete(reqs []Request, rt Runtime, opts Options) Result {
	c := completion{rt: rt, opts: opts, reqs: reqs}
	for _, req := range reqs {
		done, token := c.complete(req)
		if c.duplicate(req, done, token) {
			done, token = Completed{Entry: req.Entry, Dropped: true}, ""
		}
		c.done, c.tokens = append(c.done, done), append(c.tokens, token)
	}
	c.collisions()
	env := c.lift()
	return Result{Entries: c.done, Env: env, Notes: c.said.notes()}
}

type completion struct {
	rt     Runtime
	opts   Options
	reqs   []Request
	done   []Completed
	tokens []string // beside done: the token in effect, empty where there is none
	said   remarks
}

// complete returns the entry without regard to the others, and its token.
func (c *completion) complete(req Request) (Completed, string) {
	dropped := Completed{Entry: req.Entry, Dropped: true}
	if !c.said.check(req, c.opts) {
		return dropped, ""
	}
	if !req.Entry.GHA() {
		return Completed{Entry: req.Entry}, ""
	}
	at := c.rt.locate(req.Entry)
	if refusal := c.rt.refuse(at); refusal.Code != "" {
		c.said.add(refusal)
		return dropped, ""
	}
	token := cmp.Or(req.Entry.Attrs["token"], c.rt.Token)
	if obstacle := c.obstacle(req, at, token); obstacle.Code != "" {
		c.tell(req, obstacle)
		return dropped, ""
	}
	c.said.add(at.ignored(req.Entry))
	entry := at.write(req.Entry)
	if req.Side == To {
		entry = c.completeListing(entry)
	} else {
		entry = entry.Without("ghtoken")
	}
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
		c.said.add(Note{
			Code: CodeHalfListing, Level: LevelWarning, Side: To, Attr: "ghtoken",
			Text: "building without ghtoken: BuildKit uses it with repository only", Hint: "repository=OWNER/NAME",
		})
		return e.Without("repository", "ghtoken")
	case e.Attrs["ghtoken"] == "":
		c.said.add(Note{
			Code: CodeHalfListing, Level: LevelWarning, Side: To, Attr: "repository", Values: []string{repository},
			Text: "building without repository: BuildKit uses it with ghtoken only", Hint: "ghtoken=TOKEN",
		})
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
func (r Request) String() string { return place(r.Side, []string{r.Where}) }
