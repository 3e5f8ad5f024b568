package buildrun

import (
	"slices"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
	"github.com/docker-ghacache/docker-ghacache/internal/actions"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
)

// note is what build and bake say. Its JSON is part of --gha-dry-run=json.
type note struct {
	Code  cacheopts.Code  `json:"code,omitempty"` // what is wrong with the cache options or the builder; empty: it is about something else
	Level cacheopts.Level `json:"level"`
	Text  string          `json:"text"`
	Hint  string          `json:"hint"` // commands, options or YAML, one a line; may be empty
}

// note keeps notes for the dry run's output and shows them.
func (inv *invocation) note(notes ...cacheopts.Note) {
	for _, n := range notes {
		said := note{n.Code, n.Level, n.Text, hintFor(n, inv.env.job())}
		inv.notes = append(inv.notes, said)
		if inv.own.dryRun != dryRunJSON {
			inv.env.Notes.Note(ui.Level(said.Level), said.Text, said.Hint)
		}
	}
}

// hintFor is the fix of a note: that of the library, which knows cache options, or one
// that this plugin has a command or an option for.
func hintFor(n cacheopts.Note, job actions.Job) string {
	if n.Attr == "token" && n.Hint != "" { // of an entry, which has a token of its own
		return n.Hint
	}
	switch n.Code {
	case cacheopts.CodeVersionGone:
		return "docker ghacache migrate-v2"
	case cacheopts.CodeUnusableToken:
		return "docker ghacache doctor"
	case cacheopts.CodeExpiredToken:
		if job.Runner {
			return "a token lives as long as its job: run the step again in a new job"
		}
		return "export ACTIONS_RUNTIME_TOKEN=$(docker ghacache serve token)"
	case cacheopts.CodeBadURL:
		return "export " + n.Values[0] + "=http://HOST:PORT/"
	case cacheopts.CodeNoRuntime:
		return job.Service.Expose()
	case cacheopts.CodeNoJob:
		return "docker ghacache serve -- docker ghacache build …"
	case cacheopts.CodeHalfListing:
		if n.Attr == "repository" {
			return n.Hint + ", or set GITHUB_TOKEN"
		}
	case cacheopts.CodeSharedScope:
		if len(n.Targets) > 1 {
			return "--gha-scope-per-target, or " + n.Hint
		}
	}
	return n.Hint
}

func onlyErrors(notes []cacheopts.Note) []cacheopts.Note {
	return slices.DeleteFunc(slices.Clone(notes), func(n cacheopts.Note) bool { return n.Level != cacheopts.LevelError })
}
