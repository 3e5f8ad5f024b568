package migrate

// Certainty says how sure it is that a finding keeps a build on version 1.
type Certainty string

// The certainties, the gravest first.
const (
	Certain     Certainty = "certain"     // the build fails, or silently loses its cache, as the file stands
	Conditional Certainty = "conditional" // it depends on something the file does not tell
	Advice      Certainty = "advice"      // nothing is broken, but it is worth knowing
)

// Finding is one place in one file.
type Finding struct {
	Rule      string    `json:"rule"` // id, see [Rules]
	Certainty Certainty `json:"certainty"`
	File      string    `json:"file"`   // path as it was reached from the argument of Check
	Line      int       `json:"line"`   // from 1
	Col       int       `json:"column"` // from 1, in characters
	Text      string    `json:"text"`   // what the finding is about, on one line
	Why       string    `json:"why"`
	Fix       string    `json:"fix,omitempty"` // what the edits do, or what to do by hand
	Edits     []Edit    `json:"edits,omitempty"`
	Safe      bool      `json:"safe"`            // the edits need no second look
	NoFix     string    `json:"noFix,omitempty"` // why there are no edits

	offset int
	pin    bool // matters only to builds with a gha cache
	via    []use
}

// Edit replaces the bytes [Start, End) of a file, which hold Old, by New. An
// edit with Start equal to End inserts.
type Edit struct {
	Start int    `json:"start"`
	End   int    `json:"end"`
	Old   string `json:"old"`
	New   string `json:"new"`

	keys bool // New brings keys of its own to a YAML mapping
}
