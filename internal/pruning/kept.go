package pruning

import (
	"fmt"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/github"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/reclaim"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
)

// shownKept is how many entries that stay are told one by one, and how many references to each.
const shownKept = 3

// noteKept says why single entries stay that --id or --key selects, and what deletes them.
func (p *pruner) noteKept(plan *reclaim.Plan) {
	if p.policy.Entry == nil {
		return
	}
	kept := 0
	for i := range plan.Verdicts {
		v := &plan.Verdicts[i]
		if v.Decision == reclaim.Delete || v.Reason == reclaim.NotSelected || !p.policy.Entry(v.Entry) {
			continue
		}
		if kept++; kept <= shownKept {
			text, fix := whyKept(plan, v)
			p.notes.Note(ui.Warning, fmt.Sprintf("entry %d is kept: %s", v.ID, text), fix)
		}
	}
	if kept > shownKept {
		p.notes.Note(ui.Warning, fmt.Sprintf("%d more of the selected entries are kept", kept-shownKept), "")
	}
}

func whyKept(plan *reclaim.Plan, v *reclaim.Verdict) (text, fix string) {
	var holders []*reclaim.Cache
	if v.Reason == reclaim.InUse {
		holders = plan.Holders(v)
	}
	var of, fixes []string
	for _, c := range holders[:min(shownKept, len(holders))] {
		ref := github.ShortRef(c.Ref)
		of = append(of, fmt.Sprintf("scope %s on %s", c.Scope, ref))
		fixes = append(fixes, fmt.Sprintf("docker ghacache prune --scope %s --ref %s   # deletes the whole cache", hint.Word(c.Scope), hint.Word(ref)))
	}
	fix, list := strings.Join(fixes, "\n"), strings.Join(of, ", ")
	switch more := len(holders) - shownKept; {
	case len(holders) == 0:
		return string(v.Reason), ""
	case len(holders) == 1:
		return "the index of " + list + " references it", fix
	case more > 0:
		return fmt.Sprintf("the indexes of %s and %d more reference it", list, more), fix
	}
	return "the indexes of " + list + " reference it", fix
}
