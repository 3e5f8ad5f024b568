package migrate

import "github.com/docker-ghacache/docker-ghacache/internal/migrate/rules"

// Summary counts what a report says.
type Summary struct {
	Files    int `json:"files"`    // files that were read
	Failed   int `json:"failed"`   // files that could not be read
	Findings int `json:"findings"` // findings that count: all but advice
	Fixable  int `json:"fixable"`  // of these, the ones that Write fixes
	Unsafe   int `json:"unsafe"`   // the ones that Write fixes if unsafe edits are wanted
	ByHand   int `json:"by_hand"`  // the ones that Write does not fix
	Advice   int `json:"advice"`
}

// Summary counts the findings.
func (r Report) Summary() Summary {
	out := Summary{Files: r.read}
	for _, s := range r.Skipped {
		if s.Failed {
			out.Failed++
		}
	}
	for _, fd := range r.Findings {
		switch {
		case fd.Certainty == rules.Advice:
			out.Advice++
			continue
		case r.Wanted(fd):
			out.Fixable++
		case len(fd.Edits) > 0:
			out.Unsafe++
		default:
			out.ByHand++
		}
		out.Findings++
	}
	return out
}
