package rules

import (
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/lazyregexp"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source"
)

// Certainty is how certain it is that a finding keeps a build on version 1.
type Certainty string

// The certainties, the highest first.
const (
	Certain     Certainty = "certain"     // the build fails, or silently loses its cache, as the file stands
	Conditional Certainty = "conditional" // it depends on something the file does not tell
	Advice      Certainty = "advice"      // nothing is broken, but it is worth knowing
)

// Finding is a problem at one place in a file.
type Finding struct {
	Rule      string        `json:"rule"` // id, see [All]
	Certainty Certainty     `json:"certainty"`
	Text      string        `json:"text"` // what the finding is about, without tokens
	Why       string        `json:"why"`
	Fix       string        `json:"fix,omitempty"` // what the edits do, or what to do by hand
	Edits     []source.Edit `json:"edits,omitempty"`
	Safe      bool          `json:"safe"`             // the edits need no second look
	NoFix     string        `json:"no_fix,omitempty"` // why there are no edits

	Offset int          `json:"-"` // in the file
	Pin    bool         `json:"-"` // matters only to builds with a gha cache
	Via    []source.Use `json:"-"` // variables whose definitions the edits change

	least *Finding // the same with the least version that works, nil if there is only one
}

// tokenRE matches a token that is written literally, not as a variable.
var tokenRE = lazyregexp.New(`(token=)[^,\s"'$]+`)

// at places a finding at t.Value[i:].
func (fd Finding) at(t source.Text, i int) []Finding {
	fd.Offset = t.Pos(i)
	if strings.Contains(fd.Text, "token=") {
		fd.Text = tokenRE().ReplaceAllString(fd.Text, "${1}***")
	}
	fd.Safe = fd.Safe && len(fd.Edits) > 0
	return []Finding{fd}
}

// replace adds the edit that replaces t.Value[i:j]. If that is not possible, the
// finding has no edits and says why.
func (fd Finding) replace(t source.Text, i, j int, with string) Finding {
	if fd.NoFix != "" {
		return fd
	}
	edit, err := t.Edit(i, j, with)
	if err != nil {
		return fd.without(err.Error())
	}
	origin := t.Origin(i)
	fd.Edits = append(fd.Edits, edit)
	fd.Via = append(fd.Via, origin.Via...)
	fd.Safe = fd.Safe && !origin.Many && !origin.Unsure
	return fd
}

// without removes the edits, and notes the reason.
func (fd Finding) without(why string) Finding {
	fd.Edits, fd.Safe, fd.NoFix = nil, false, why
	return fd
}
