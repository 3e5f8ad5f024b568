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
		if v.Decision == reclaim.Delete || v.Reason == reclaim.NotSelected || !p.policy.Selects(v.Item) {
			continue
		}
		text, fix := p.whyKept(plan, v)
		if text == "" {
			continue
		}
		if kept++; kept <= shownKept {
			p.notes.Note(ui.Warning, fmt.Sprintf("entry %d is kept: %s", v.ID, text), fix)
		}
	}
	if kept > shownKept {
		p.notes.Note(ui.Warning, fmt.Sprintf("%d more of the selected entries are kept", kept-shownKept), "")
	}
}

// whyKept has no text for a layer that only caches of other scopes need than those selected. It has a fix only if that is
// enough to delete the layer.
func (p *pruner) whyKept(plan *reclaim.Plan, v *reclaim.Verdict) (text, fix string) {
	if v.Reason != reclaim.InUse {
		return string(v.Reason), ""
	}
	all := plan.Holders(v)
	var of, fixes []string
	for _, c := range all {
		if len(of) == shownKept || p.policy.Scope != nil && !p.policy.Scope(c.Scope) {
			continue
		}
		ref := github.ShortRef(c.Ref)
		of = append(of, fmt.Sprintf("scope %s on %s", c.Scope, ref))
		fixes = append(fixes, fmt.Sprintf("docker ghacache prune --scope %s --ref %s   # deletes the whole cache", hint.Word(c.Scope), hint.Word(ref)))
	}
	fix, list := strings.Join(fixes, "\n"), strings.Join(of, ", ")
	switch more := len(all) - len(of); {
	case len(of) == 0:
		return "", ""
	case more > 0:
		return fmt.Sprintf("the indexes of %s and %d more reference it", list, more), ""
	case len(of) == 1:
		return "the index of " + list + " references it", fix
	}
	return "the indexes of " + list + " reference it", fix
}
